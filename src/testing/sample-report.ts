import { checkReport } from '../check/report.js';
import type {
  CheckReport,
  FailureDocument,
  ResultDocument,
  SubjectDocument,
} from '../report/check/check-document.js';

/** A report with a result of each status; every text in it that may come from outside is `text`. */
export function sampleReport(text: string, failOn: 'warning' | 'error' = 'error'): CheckReport {
  return checkReport([sampleSubject(text)], failOn);
}

/** Statuses of its results, in order. */
export const SAMPLE_STATUSES = ['passed', 'failed', 'warned', 'skipped', 'error'] as const;

function sampleSubject(text: string): SubjectDocument {
  const capture = {
    sources: [text],
    format: 'pcap' as const,
    linkTypes: ['EN10MB'],
    packets: 507,
    bytes: 110_449,
    cutPackets: 0,
    kernelDrops: null,
    firstTime: '2026-11-21T04:40:35.912000Z',
    lastTime: '2026-11-21T04:40:45.543000Z',
    complete: true,
  };
  const results = [
    sampleResult(text, 'passed', 'error'),
    sampleResult(text, 'failed', 'error'),
    sampleResult(text, 'failed', 'warning'),
    sampleResult(text, 'skipped', 'error'),
    sampleResult(text, 'error', 'error'),
  ];
  return {
    name: text,
    capture,
    links: 1,
    ignored: { connections: 3, encryptedConnections: 0, unlistedSessions: 0 },
    results,
  };
}

function sampleResult(
  text: string,
  status: ResultDocument['status'],
  severity: ResultDocument['severity'],
): ResultDocument {
  const failures = status === 'failed' ? [sampleFailure(text), sampleFailure(text)] : [];
  return {
    name: text,
    description: text,
    severity,
    status,
    rule: text,
    file: text,
    line: 7,
    reason: status === 'skipped' || status === 'error' ? text : null,
    failures,
    failureCount: failures.length === 0 ? 0 : failures.length + 3,
  };
}

function sampleFailure(text: string): FailureDocument {
  return {
    message: text,
    values: [{ path: 'links[0].id', value: text }],
    link: text,
    session: 2,
    at: '2026-11-21T04:40:39.625000Z',
    packet: 351,
    // Lines of the timeline come escaped.
    timeline: ['session 2   04:40:39.624 → end of capture', '├ PSYNC          0.5 ms'],
    findings: [{ severity: 'warning', code: 'backlog-overflow', message: text, advice: text }],
    command: `psyncscope timeline ${text}`,
  };
}

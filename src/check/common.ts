import type { CheckSeverity } from '../report/check/check-document.js';
import type { Assertion } from './assertion.js';
import { compileInline } from './compile.js';

/** Limits that many want, without writing an expression. Sizes in bytes, times in ms; what is left out is not asserted. */
export interface CommonLimits {
  /** Most bytes sent and not acknowledged on any link at any moment. */
  maxLagBytes?: number | undefined;
  /** Greatest age of an unacknowledged byte; a sound link comes to about 1,000, since replicas acknowledge once a second. */
  maxLag?: number | undefined;
  /** Full resyncs of each link. */
  maxFullResyncs?: number | undefined;
  /** Connections of each link after its first. */
  maxReconnects?: number | undefined;
  /** Nothing of the links was lost by the capture. */
  noGaps?: boolean | undefined;
  /** The latest connection of each link came online. */
  requireOnline?: boolean | undefined;
  /** From the decision for a full sync to the replica's first ACK after it. */
  maxSyncTime?: number | undefined;
  /** No finding of this severity or a worse one. */
  noFindings?: CheckSeverity | undefined;
}

/** An rdb channel and a dump client never acknowledge: their sync ends with the payload. */
const SYNC_TIME = `links.all(l, l.sessions.all(s,
  s.phase != "waiting" && s.phase != "transfer" && (s.payload == null ||
    s.payload.waitMs + s.payload.transferMs +
    (s.channel == "rdb" || s.syncs.exists(y, y.cause == "rdb-only") ? 0.0 : s.payload.loadMs) <= LIMIT)))`;

/** A row: the flag, what it means, and the expression with LIMIT in it. */
const LIMITS = {
  maxLagBytes: {
    flag: '--max-lag-bytes',
    unit: ' B',
    means: 'bytes sent and not acknowledged: at most',
    expr: 'links.all(l, l.lag.maxBytes <= LIMIT)',
  },
  maxLag: {
    flag: '--max-lag',
    unit: ' ms',
    means: 'age of the oldest byte not acknowledged: at most',
    expr: 'links.all(l, l.lag.maxMs <= LIMIT)',
  },
  maxFullResyncs: {
    flag: '--max-full-resyncs',
    unit: '',
    means: 'full resyncs of a link: at most',
    expr: 'links.all(l, l.fullResyncs <= LIMIT)',
  },
  maxReconnects: {
    flag: '--max-reconnects',
    unit: '',
    means: 'reconnects of a link: at most',
    expr: 'links.all(l, l.reconnects <= LIMIT)',
  },
  maxSyncTime: {
    flag: '--max-sync-time',
    unit: ' ms',
    means: 'a full sync, decision to first ACK: at most',
    expr: SYNC_TIME,
  },
} as const;

/** The assertions that the limits stand for. They are named as the flags of the command line. */
export function commonAssertions(limits: CommonLimits): Assertion[] {
  const assertions: Assertion[] = [];
  for (const [key, { flag, means, expr, unit }] of Object.entries(LIMITS)) {
    const limit = limits[key as keyof typeof LIMITS];
    if (limit !== undefined)
      assertions.push(
        compileInline(
          expr.replace('LIMIT', String(limit)),
          `${flag} ${limit}${unit}`,
          `${means} ${limit}${unit}`,
        ),
      );
  }
  if (limits.noGaps === true)
    assertions.push(
      compileInline(
        'links.all(l, l.sessions.all(s, s.loss.gaps == 0))',
        '--no-gaps',
        'the capture has lost nothing of the links',
      ),
    );
  if (limits.requireOnline === true)
    assertions.push(
      compileInline(
        'links.all(l, last(l.sessions.filter(s, s.channel == "main")).phase == "online")',
        '--require-online',
        'the latest connection of each link came online',
      ),
    );
  const { noFindings } = limits;
  if (noFindings !== undefined) {
    const worse = noFindings === 'warning' ? '["warning", "error"]' : '["error"]';
    assertions.push(
      compileInline(
        `!findings.exists(f, f.severity in ${worse})`,
        `--fail-on ${noFindings}`,
        `no finding of severity ${noFindings}${noFindings === 'warning' ? ' or error' : ''}`,
      ),
    );
  }
  return assertions;
}

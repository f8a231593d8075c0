import type { FailureDocument, ResultDocument } from '../report/check/check-document.js';
import type { LinkDocument, SummaryDocument } from '../report/document.js';
import { failureAt, type Surroundings } from './places.js';

/** How much worse a number may get, as a ratio; by the metric's path, `*` for all others. */
export type Tolerances = Readonly<Record<string, number>>;

/** Unless told: twice as much is no news, timings on a busy machine differ by that. */
export const DEFAULT_TOLERANCE = 2;

/**
 * Numbers of a link that are worse when they are greater. Below the floor a greater ratio means nothing: two bytes instead of one.
 */
const METRICS: Readonly<Record<string, { read: (link: LinkDocument) => number | null; floor: number }>> = {
  'lag.maxBytes': { read: ({ lag }) => lag.maxBytes, floor: 65_536 },
  'lag.maxMs': { read: ({ lag }) => lag.maxMs, floor: 1500 },
  'lag.maxAckIntervalMs': { read: ({ lag }) => lag.maxAckIntervalMs, floor: 1500 },
  'behind.maxBytes': { read: ({ behind }) => behind.maxBytes, floor: 65_536 },
  'behind.maxMs': { read: ({ behind }) => behind.maxMs, floor: 500 },
  'payload.bytes': { read: (link) => worst(link, ({ payload }) => payload?.bytes ?? null), floor: 65_536 },
  'payload.waitMs': { read: (link) => worst(link, ({ payload }) => payload?.waitMs ?? null), floor: 1000 },
  'payload.transferMs': {
    read: (link) => worst(link, ({ payload }) => payload?.transferMs ?? null),
    floor: 500,
  },
  'payload.loadMs': { read: (link) => worst(link, ({ payload }) => payload?.loadMs ?? null), floor: 1500 },
  'loss.missingBytes': { read: (link) => sum(link, ({ loss }) => loss.missingBytes), floor: 0 },
  'loss.retransmittedBytes': {
    read: (link) => sum(link, ({ loss }) => loss.retransmittedBytes),
    floor: 16_384,
  },
};

export const METRIC_NAMES = Object.keys(METRICS);

/** Counts of a link that are compared exactly; more is worse. */
const COUNTS = ['fullResyncs', 'partialResyncs', 'refusedSyncs', 'reconnects'] as const;

type Session = LinkDocument['sessions'][number];

function worst(link: LinkDocument, read: (session: Session) => number | null): number | null {
  return link.sessions
    .map(read)
    .reduce((most, each) => (each !== null && each > (most ?? -1) ? each : most), null);
}

function sum(link: LinkDocument, read: (session: Session) => number): number {
  return link.sessions.reduce((total, session) => total + read(session), 0);
}

/**
 * Compares a summary with an older one and tells what got worse: a result a link, and one for the findings. Links are paired by their ids
 * and, where these differ (ports that a test chose anew), by their order.
 */
export function compareWithBaseline(
  before: SummaryDocument,
  around: Surroundings,
  tolerances: Tolerances,
): ResultDocument[] {
  const { pairs, gone } = pairLinks(before.links, around.document.links);
  const results = pairs.map(({ old, now, index }) =>
    resultOf(`as in the baseline: ${now.id}`, [
      ...decisionProblems(old, now, index, around),
      ...countProblems(old, now, index, around),
      ...metricProblems(old, now, index, tolerances, around),
    ]),
  );
  for (const { id } of gone)
    results.push(resultOf(`as in the baseline: ${id}`, [failureAt('this link is gone', [], [], around)]));
  const known = new Set(pairs.map(({ index }) => index));
  around.document.links.forEach((link, index) => {
    if (known.has(index)) return;
    const failure = failureAt('this link is not in the baseline', [], [`links[${index}]`], around);
    results.push(resultOf(`as in the baseline: ${link.id}`, [failure]));
  });
  results.push(resultOf('no finding that the baseline has not', findingProblems(before, around)));
  return results;
}

interface Pair {
  readonly old: LinkDocument;
  readonly now: LinkDocument;
  readonly index: number;
}

function pairLinks(
  before: readonly LinkDocument[],
  after: readonly LinkDocument[],
): { pairs: Pair[]; gone: LinkDocument[] } {
  const byId = new Map(before.map((link) => [link.id, link]));
  const pairs: Pair[] = [];
  const unpaired: number[] = [];
  after.forEach((now, index) => {
    const old = byId.get(now.id);
    if (old === undefined) unpaired.push(index);
    else pairs.push({ old, now, index });
    byId.delete(now.id);
  });
  const left = [...byId.values()];
  for (const index of unpaired) {
    const old = left.shift();
    if (old !== undefined) pairs.push({ old, now: after[index]!, index });
  }
  return { pairs: pairs.sort((a, b) => a.index - b.index), gone: left };
}

/** `FULLRESYNC (first-sync), CONTINUE (continued)`: what was decided on a link, in order. */
function decisionsOf(link: LinkDocument): string[] {
  return link.sessions.flatMap(({ syncs }) =>
    syncs.map(({ decision, cause }) => `${decision ?? 'none'} (${cause ?? 'unknown'})`),
  );
}

/** Of many decisions the first that differs is told. */
function decisionProblems(
  old: LinkDocument,
  now: LinkDocument,
  index: number,
  around: Surroundings,
): FailureDocument[] {
  const were = decisionsOf(old);
  const are = decisionsOf(now);
  const at = Math.max(were.length, are.length);
  for (let each = 0; each < at; each++) {
    if (were[each] === are[each]) continue;
    const message = `decision ${each + 1} was ${were[each] ?? 'not made'}, is ${are[each] ?? 'not made'}`;
    const values = [{ path: `links[${index}].decision ${each + 1}`, value: are[each] ?? null }];
    return [failureAt(message, values, [pathOfDecision(now, index, each)], around)];
  }
  return [];
}

function pathOfDecision(link: LinkDocument, index: number, number: number): string {
  let left = number;
  for (const [session, { syncs }] of link.sessions.entries()) {
    if (left < syncs.length) return `links[${index}].sessions[${session}].syncs[${left}]`;
    left -= syncs.length;
  }
  return `links[${index}]`;
}

function countProblems(
  old: LinkDocument,
  now: LinkDocument,
  index: number,
  around: Surroundings,
): FailureDocument[] {
  return COUNTS.filter((name) => now[name] > old[name]).map((name) => {
    const path = `links[${index}].${name}`;
    return failureAt(
      `${path} was ${old[name]}, is ${now[name]}`,
      [{ path, value: now[name] }],
      [path],
      around,
    );
  });
}

function metricProblems(
  old: LinkDocument,
  now: LinkDocument,
  index: number,
  tolerances: Tolerances,
  around: Surroundings,
): FailureDocument[] {
  const failures: FailureDocument[] = [];
  for (const [name, { read, floor }] of Object.entries(METRICS)) {
    const was = read(old);
    const is = read(now);
    const path = `links[${index}].${name}`;
    if (was !== null && is === null) {
      const message = `${path} was ${was}, is not known from this capture`;
      failures.push(failureAt(message, [{ path, value: null }], [path], around));
      continue;
    }
    const ratio = tolerances[name] ?? tolerances['*'] ?? DEFAULT_TOLERANCE;
    if (was === null || is === null || is <= floor || is <= was * ratio) continue;
    const times = was === 0 ? '' : `, ${(is / was).toFixed(1)} times as much`;
    const message = `${path} was ${was}, is ${is}${times}; ${ratio} times are tolerated`;
    failures.push(failureAt(message, [{ path, value: is }], [path], around));
  }
  return failures;
}

function findingProblems(before: SummaryDocument, around: Surroundings): FailureDocument[] {
  const known = new Set(before.findings.map(({ code }) => code));
  return around.document.findings.flatMap(({ code, severity, message }, index) => {
    if (known.has(code) || severity === 'info') return [];
    const path = `findings[${index}].code`;
    return [failureAt(`${severity}: ${code}: ${message}`, [{ path, value: code }], [path], around)];
  });
}

/** Failures of one result that are told. */
const MAX_FAILURES = 5;

function resultOf(name: string, failures: FailureDocument[]): ResultDocument {
  return {
    name,
    description: null,
    severity: 'error',
    status: failures.length === 0 ? 'passed' : 'failed',
    rule: name,
    file: null,
    line: null,
    reason: null,
    failures: failures.slice(0, MAX_FAILURES),
    failureCount: failures.length,
  };
}

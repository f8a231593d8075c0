import { describe, expect, it } from 'vitest';
import type { SessionDocument } from '../report/document.js';
import { parseMicros } from '../report/time.js';
import { fixture } from '../testing/fixtures.js';
import { type TracedCapture, traced } from '../testing/otlp-spans.js';
import type { SpanFacts } from './span.js';

/** Spans of recorded captures against their summary documents, and those sent live against those of the file. */

const CAPTURES = [
  'backlog-overflow-redis-7.2.6.pcap',
  'partial-resync-redis-2.8.24.pcap',
  'aborted-transfer-redis-7.2.6.pcap',
  'loading-nomasterlink-redis-6.2.5.pcap',
  'auth-redis-5.0.14.pcap',
  'dual-channel-valkey-8.0.1.pcap',
  'failover-chain-redis-6.2.5.pcap',
  'legacy-sync-redis-7.4.1.pcap',
  'lagging-replica-redis-6.2.5.pcap',
  'midstream-redis-7.0.15.pcap',
  'start-mid-rdb-redis-6.2.5.pcap',
  'ipv6-veth-valkey-8.0.1.pcap',
  'veth-lossy-redis-7.0.15.pcap',
];

const roots = (spans: readonly SpanFacts[]): SpanFacts[] =>
  spans.filter(({ parentSpanId }) => parentSpanId === null);

const sessionsOf = ({ document }: TracedCapture): SessionDocument[] =>
  document.links.flatMap(({ sessions }) => sessions);

/** Times (µs) of a field in the document, in order. */
function times(values: readonly (string | null)[]): number[] {
  return values
    .filter((time) => time !== null)
    .map(parseMicros)
    .sort((a, b) => a - b);
}

const sorted = (values: number[]): number[] => values.sort((a, b) => a - b);

describe.each(CAPTURES)('%s', (name) => {
  const capture = traced(fixture(name).path);

  it('spans hang together: each below one of its trace, and within it', async () => {
    const { file } = await capture;
    const byId = new Map(file.map((span) => [span.spanId, span]));
    expect(byId.size).toBe(file.length);
    for (const span of file) {
      expect(span.traceId).toMatch(/^[0-9a-f]{32}$/);
      expect(span.spanId).toMatch(/^[0-9a-f]{16}$/);
      expect(span.end).toBeGreaterThanOrEqual(span.start);
      if (span.parentSpanId === null) continue;
      const parent = byId.get(span.parentSpanId)!;
      expect(parent.traceId).toBe(span.traceId);
      expect(parent.start).toBeLessThanOrEqual(span.start);
      expect(parent.end).toBeGreaterThanOrEqual(span.end);
    }
    for (const root of roots(file))
      expect(roots(file).filter(({ traceId }) => traceId === root.traceId)).toEqual([root]);
  });

  it('traces are counted as the summary counts syncs', async () => {
    const traces = await capture;
    const kinds = roots(traces.file).map(({ attributes }) => attributes['psyncscope.sync.kind']);
    const count = (kind: string): number => kinds.filter((each) => each === kind).length;
    const sum = (of: 'fullResyncs' | 'partialResyncs' | 'refusedSyncs'): number =>
      traces.document.links.reduce((total, link) => total + link[of], 0);
    expect(count('full')).toBe(sum('fullResyncs'));
    expect(count('partial')).toBe(sum('partialResyncs'));
    expect(count('refused')).toBe(sum('refusedSyncs'));
    const silent = sessionsOf(traces).filter(({ syncs }) => syncs.length === 0).length;
    expect(count('undefined') + kinds.filter((kind) => kind === undefined).length).toBe(silent);
  });

  it('times are those of the document', async () => {
    const traces = await capture;
    const of = (wanted: string): SpanFacts[] => traces.file.filter(({ name: each }) => each === wanted);
    const sessions = sessionsOf(traces);
    const syncs = sessions.flatMap((session) => session.syncs);
    const decisions = of('decision');
    expect(sorted(decisions.map(({ start }) => start))).toEqual(
      times(syncs.map(({ requestedAt }) => requestedAt)),
    );
    expect(
      sorted(
        decisions.filter(({ attributes }) => 'psyncscope.sync.decision' in attributes).map(({ end }) => end),
      ),
    ).toEqual(times(syncs.map(({ decidedAt }) => decidedAt)));
    const payloads = sessions.flatMap(({ payload }) => (payload === null ? [] : [payload]));
    expect(of('payload')).toHaveLength(payloads.length);
    const begun = payloads.filter(({ startedAt }) => startedAt !== null);
    const starts = of('payload').map(({ start }) => start);
    for (const start of times(begun.map(({ startedAt }) => startedAt))) expect(starts).toContain(start);
    const ends = of('payload').filter(({ attributes }) => attributes['psyncscope.payload.complete'] === true);
    expect(sorted(ends.map(({ end }) => end))).toEqual(
      times(payloads.filter(({ complete }) => complete).map(({ finishedAt }) => finishedAt)),
    );
    const online = sessions.filter(({ phase, channel }) => phase === 'online' && channel === 'main');
    expect(of('online')).toHaveLength(online.length);
    const closed = of('online').filter(({ attributes }) => !('psyncscope.unfinished' in attributes));
    expect(sorted(closed.map(({ end }) => end))).toEqual(times(online.map(({ closedAt }) => closedAt)));
  });

  it('findings about a session are events, each once, in the span they fall in or else in a root', async () => {
    const { file, document } = await capture;
    const told = file.flatMap((span) => span.events.map((event) => ({ span, event })));
    const findings = document.findings.filter(({ link }) => link !== null);
    expect(
      told.map(({ event }) => `${event.at} ${event.attributes['psyncscope.finding.code']}`).sort(),
    ).toEqual(findings.map(({ at, code }) => `${parseMicros(at!)} ${code}`).sort());
    for (const { span, event } of told) {
      expect(event.at).toBeGreaterThanOrEqual(span.start);
      // What is found about a session may come about when it is over.
      if (span.parentSpanId !== null) expect(event.at).toBeLessThanOrEqual(span.end);
    }
  });

  it('the same spans are sent while the packets pass', async () => {
    const { file, live, document } = await capture;
    const facts = (spans: readonly SpanFacts[]): unknown[] =>
      spans
        .filter(({ name: each }) => each !== 'finding')
        .map(({ events: _, ...rest }) => rest)
        .sort((a, b) => (a.spanId < b.spanId ? -1 : 1));
    expect(facts(live)).toEqual(facts(file));
    const findings = document.findings.filter(({ link }) => link !== null);
    expect(live.flatMap(({ events }) => events)).toHaveLength(findings.length);
  });
});

describe('of a file', () => {
  it('spans that end are sent before the capture does', async () => {
    const { live, sentBefore } = await traced(fixture('backlog-overflow-redis-7.2.6.pcap').path);
    const before = live.slice(0, sentBefore).map(({ name }) => name);
    expect(before).toEqual([
      ...['handshake', 'decision', 'wait', 'payload', 'load', 'online', 'replication sync'],
      ...['handshake', 'decision', 'wait', 'payload', 'load'],
    ]);
    expect(live.slice(sentBefore).map(({ name }) => name)).toEqual(['online', 'replication sync']);
  });
});

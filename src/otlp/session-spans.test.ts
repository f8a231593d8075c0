import * as semantic from '@opentelemetry/semantic-conventions';
import * as incubating from '@opentelemetry/semantic-conventions/incubating';
import { describe, expect, it } from 'vitest';
import type { Session } from '../replication/model.js';
import { why } from '../replication/why.js';
import {
  addSession,
  START,
  sampleHealthyLink,
  sampleLink,
  samplePayload,
  sampleSync,
} from '../testing/sample-document.js';
import { sessionSpans } from './session-spans.js';
import type { SpanFacts } from './span.js';

const SECOND = 1_000_000;
const END = START + 100 * SECOND;

/** A span in one line: `payload 62.000–64.000 ms`, with what failed. */
function line({ name, start, end, error }: SpanFacts): string {
  const ms = (time: number): string => ((time - START) / 1000).toFixed(3);
  return `${name} ${ms(start)}–${ms(end)}${error === null ? '' : `: ${error}`}`;
}

function spansOf(changes: Partial<Session>): SpanFacts[] {
  return sessionSpans(addSession(sampleLink(), changes), changes.closedAt ?? END);
}

const rootOf = (spans: readonly SpanFacts[]): SpanFacts => spans.at(-1)!;

const CLOSED = { closedAt: START + 2 * SECOND, closedBy: 'master', closedHow: 'rst' } as const;

describe('a full sync', () => {
  const [session] = sampleHealthyLink().sessions;
  const spans = sessionSpans(session!, session!.closedAt);

  it('is a root and its phases, in the times of the packets', () => {
    expect(spans.map(line)).toEqual([
      'handshake 0.000–0.400',
      'decision 0.400–0.900',
      'wait 0.900–62.000',
      'payload 62.000–64.000',
      'load 64.000–870.100',
      'online 64.000–66471.000',
      'replication sync 0.000–66471.000',
    ]);
    const root = rootOf(spans);
    expect(root.parentSpanId).toBeNull();
    for (const span of spans.slice(0, -1)) expect(span.parentSpanId).toBe(root.spanId);
    for (const { traceId } of spans) expect(traceId).toBe(root.traceId);
  });

  it('says who, what and why', () => {
    expect(rootOf(spans).attributes).toMatchObject({
      'db.system.name': 'redis',
      'db.operation.name': 'PSYNC',
      'server.address': '127.0.0.1',
      'server.port': 6380,
      'client.port': 44145,
      'network.transport': 'tcp',
      'network.type': 'ipv4',
      'psyncscope.sync.kind': 'full',
      'psyncscope.sync.decision': 'FULLRESYNC',
      'psyncscope.sync.why.text': 'first sync: the replica holds no history',
      'psyncscope.session.closed_by': 'replica',
    });
    expect(spans.find(({ name }) => name === 'payload')!.attributes).toMatchObject({
      'psyncscope.payload.bytes': 175,
      'psyncscope.rdb.keys': 4,
      'psyncscope.rdb.checksum': 'valid',
    });
  });

  it('has names of the semantic conventions as these have them', () => {
    const known = new Set(
      Object.values({ ...semantic, ...incubating }).filter((each) => typeof each === 'string'),
    );
    const names = new Set(spans.flatMap(({ attributes }) => Object.keys(attributes)));
    const theirs = [...names].filter((name) => !name.startsWith('psyncscope.'));
    expect(theirs.length).toBeGreaterThan(7);
    for (const name of [...theirs, 'error.type', 'service.name', 'service.version'])
      expect(known).toContain(name);
    for (const value of ['redis', 'tcp', 'ipv4', 'ipv6']) expect(known).toContain(value);
  });

  it('goes on: only what has ended is there', () => {
    const open = { ...session!, closedAt: null };
    expect(sessionSpans(open, null).map(({ name }) => name)).toEqual([
      'handshake',
      'decision',
      'wait',
      'payload',
      'load',
    ]);
    const waiting = { ...open, payload: null, phase: 'waiting' } as const;
    expect(sessionSpans(waiting, null).map(({ name }) => name)).toEqual(['handshake', 'decision']);
  });

  it('that the capture ends in says so of what was under way', () => {
    const cut = sessionSpans({ ...session!, closedAt: null }, END);
    const unfinished = cut.filter(({ attributes }) => attributes['psyncscope.unfinished'] === true);
    expect(unfinished.map(line)).toEqual(['online 64.000–100000.000', 'replication sync 0.000–100000.000']);
  });
});

describe('ids', () => {
  it('are those of the packets: the same again, others for another sync', () => {
    const link = sampleHealthyLink();
    const [first, second] = link.sessions.map((session) => sessionSpans(session, END));
    const [again] = sampleHealthyLink().sessions.map((session) => sessionSpans(session, END));
    expect(again).toEqual(first);
    expect(rootOf(second!).traceId).not.toBe(rootOf(first!).traceId);
  });

  it('do not depend on what the replica announces later', () => {
    const [session] = sampleHealthyLink().sessions;
    const before = rootOf(sessionSpans(session!, END));
    session!.link.replica = '10.0.0.9:6381';
    expect(rootOf(sessionSpans(session!, END)).traceId).toBe(before.traceId);
  });
});

describe('what fails', () => {
  it.each<[string, Partial<Session>, string[], string]>([
    [
      'a refusal',
      {
        ...CLOSED,
        syncs: [
          sampleSync({ decision: 'REFUSED', error: '-LOADING x', cause: 'not-ready', why: why('loading') }),
        ],
      },
      ['decision', 'replication sync'],
      'loading',
    ],
    [
      'a payload that breaks off',
      {
        ...CLOSED,
        phase: 'transfer',
        syncs: [sampleSync()],
        payload: samplePayload({ complete: false, finishedAt: null, loadedAt: null, bytes: 100 }),
      },
      ['payload', 'replication sync'],
      'payload-aborted',
    ],
    [
      'a payload that does not begin',
      { ...CLOSED, phase: 'waiting', syncs: [sampleSync()] },
      ['wait', 'replication sync'],
      'no-payload',
    ],
    [
      'a request without an answer',
      { ...CLOSED, phase: 'waiting', syncs: [sampleSync({ decidedAt: null, decision: null })] },
      ['decision', 'replication sync'],
      'no-answer',
    ],
    [
      'a checksum',
      {
        phase: 'online',
        syncs: [sampleSync()],
        payload: samplePayload({ rdb: { ...samplePayload().rdb!, checksum: 'invalid' } }),
      },
      ['payload', 'replication sync'],
      'checksum-invalid',
    ],
    [
      'a password',
      {
        ...CLOSED,
        phase: 'handshake',
        handshake: { ...addSession(sampleLink()).handshake, auth: 'rejected' },
      },
      ['handshake', 'replication session'],
      'auth-rejected',
    ],
  ])('%s is an error of its span and of the root', (_, changes, names, type) => {
    const spans = spansOf(changes);
    expect(spans.filter(({ error }) => error !== null).map(({ name }) => name)).toEqual(names);
    expect(rootOf(spans).attributes['error.type']).toBe(type);
  });

  it.each<[string, Partial<Session>]>([
    [
      'a capture that ends while the payload is sent',
      {
        phase: 'transfer',
        syncs: [sampleSync()],
        payload: samplePayload({ complete: false, finishedAt: null }),
      },
    ],
    [
      'a capture that ends before the answer',
      { phase: 'waiting', syncs: [sampleSync({ decidedAt: null, decision: null })] },
    ],
    [
      'a link that closes after its sync',
      { ...CLOSED, phase: 'online', syncs: [sampleSync()], payload: samplePayload() },
    ],
    [
      'a payload whose end was not captured',
      {
        ...CLOSED,
        phase: 'online',
        syncs: [sampleSync()],
        payload: samplePayload({ complete: false, finishedAt: null }),
      },
    ],
  ])('%s is none', (_, changes) => {
    const spans = spansOf(changes);
    expect(spans.filter(({ error }) => error !== null)).toEqual([]);
    expect(rootOf(spans).attributes).not.toHaveProperty('error.type');
  });
});

describe('several requests on one connection', () => {
  const refused = sampleSync({ decision: 'REFUSED', error: '-ERR unknown command', cause: 'unsupported' });
  const legacy = sampleSync({
    command: 'SYNC',
    replid: null,
    offset: null,
    requestedAt: START + 1000,
    decidedAt: START + 1500,
    decision: 'SYNC',
  });

  it('are a trace each, up to the next one', () => {
    const spans = spansOf({
      phase: 'online',
      syncs: [refused, legacy],
      payload: samplePayload(),
      onlineAt: START + 64_000,
    });
    expect(spans.map(line)).toEqual([
      'handshake 0.000–0.400',
      'decision 0.400–0.900: unsupported: ERR unknown command',
      'replication sync 0.000–1.000: unsupported: ERR unknown command',
      'decision 1.000–1.500',
      'wait 1.500–62.000',
      'payload 62.000–64.000',
      'load 64.000–870.100',
      'online 64.000–100000.000',
      'replication sync 1.000–100000.000',
    ]);
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(2);
  });
});

describe('joined in the middle', () => {
  it('a session without a request is a trace of its own', () => {
    const spans = spansOf({ phase: 'online', joinedMidstream: true, openedAt: null });
    expect(spans.map(line)).toEqual(['online 0.000–100000.000', 'replication session 0.000–100000.000']);
    expect(rootOf(spans).attributes).not.toHaveProperty('psyncscope.sync.kind');
  });
});

describe('two connections', () => {
  const link = sampleLink();
  const main = addSession(link, {
    phase: 'online',
    onlineAt: START + 3000,
    syncs: [
      sampleSync({ decision: 'DUALCHANNEL' }),
      sampleSync({
        replid: 'a',
        offset: 1,
        requestedAt: START + 2000,
        decidedAt: START + 3000,
        decision: 'CONTINUE',
      }),
    ],
  });
  const rdb = addSession(link, {
    ...CLOSED,
    channel: 'rdb',
    firstSeenAt: START + 1000,
    openedAt: START + 1000,
    phase: 'online',
    syncs: [sampleSync({ command: 'SYNC', requestedAt: START + 1100, decidedAt: START + 1200 })],
    payload: samplePayload(),
  });

  it('are one trace: the second below the first, the replica loads in the first', () => {
    const first = sessionSpans(main, END);
    const second = sessionSpans(rdb, rdb.closedAt);
    expect(first.map(({ name }) => name)).toEqual([
      'handshake',
      'decision',
      'decision',
      'load',
      'online',
      'replication sync',
    ]);
    expect(second.map(({ name }) => name)).toEqual([
      'handshake',
      'decision',
      'wait',
      'payload',
      'rdb channel',
    ]);
    expect(rootOf(second)).toMatchObject({
      traceId: rootOf(first).traceId,
      parentSpanId: rootOf(first).spanId,
    });
    expect(new Set([...first, ...second].map(({ spanId }) => spanId)).size).toBe(11);
    expect(rootOf(first).attributes).toMatchObject({
      'psyncscope.sync.kind': 'full',
      'db.system.name': 'valkey',
    });
  });

  it('fail together', () => {
    const payload = samplePayload({ complete: false, finishedAt: null, loadedAt: null });
    Object.assign(rdb, { payload, phase: 'transfer' });
    expect(rootOf(sessionSpans(main, END)).attributes['error.type']).toBe('payload-aborted');
    expect(sessionSpans(main, END).filter(({ error }) => error !== null)).toHaveLength(1);
  });
});

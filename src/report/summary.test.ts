import { describe, expect, it } from 'vitest';
import type { Session } from '../replication/model.js';
import {
  addSession,
  NO_LAG,
  START,
  sampleDocument,
  sampleHealthyLink,
  sampleLink,
  samplePayload,
  sampleSync,
  sampleTroubledLink,
} from '../testing/sample-document.js';
import { linkDocument } from './summary.js';

function counts(...sessions: Partial<Session>[]): number[] {
  const link = sampleLink();
  for (const session of sessions) addSession(link, session);
  const { fullResyncs, partialResyncs, refusedSyncs, reconnects } = linkDocument(link);
  return [fullResyncs, partialResyncs, refusedSyncs, reconnects];
}

const full = sampleSync();
const legacy = sampleSync({ command: 'SYNC', decision: 'SYNC', cause: 'legacy-sync' });
const resumed = sampleSync({ decision: 'CONTINUE', cause: 'continued' });
const refused = sampleSync({ decision: 'REFUSED', cause: 'auth' });
const dual = sampleSync({ decision: 'DUALCHANNEL' });
const waiting = sampleSync({ decision: null, decidedAt: null });

describe('counts: full, partial, refused, reconnects', () => {
  it.each<[string, Partial<Session>[], number[]]>([
    ['nothing', [], [0, 0, 0, 0]],
    ['one full sync', [{ syncs: [full], payload: samplePayload() }], [1, 0, 0, 0]],
    ['full, then partial', [{ syncs: [full], payload: samplePayload() }, { syncs: [resumed] }], [1, 1, 0, 1]],
    ['PSYNC and its SYNC fallback refused', [{ syncs: [refused, refused] }], [0, 0, 2, 0]],
    ['PSYNC refused, SYNC accepted', [{ syncs: [refused, legacy], payload: samplePayload() }], [1, 0, 1, 0]],
    ['still waiting', [{ syncs: [waiting] }], [0, 0, 0, 0]],
    [
      'Valkey dual channel',
      [{ syncs: [dual, resumed] }, { channel: 'rdb', syncs: [legacy], payload: samplePayload() }],
      [1, 0, 0, 0],
    ],
    [
      'Redis rdb channel',
      [{ syncs: [dual] }, { channel: 'rdb', syncs: [full], payload: samplePayload() }],
      [1, 0, 0, 0],
    ],
    ['rdb session without its decision', [{ syncs: [dual, resumed] }, { channel: 'rdb' }], [1, 0, 0, 0]],
    ['rdb connection never came', [{ syncs: [dual] }], [0, 0, 0, 0]],
    [
      'rdb channel refused, then taken',
      [
        { syncs: [dual] },
        { channel: 'rdb', syncs: [refused] },
        { syncs: [dual] },
        { channel: 'rdb', syncs: [full] },
      ],
      [1, 0, 1, 1],
    ],
    [
      'a dual channel whose second connection asks for nothing',
      [{ syncs: [dual] }, { channel: 'rdb' }],
      [0, 0, 0, 0],
    ],
    [
      'a dual channel whose second connection gets no answer',
      [{ syncs: [dual] }, { channel: 'rdb', syncs: [sampleSync({ command: 'SYNC', decision: null })] }],
      [0, 0, 0, 0],
    ],
    [
      'dual channel, then partial',
      [{ syncs: [dual, resumed] }, { channel: 'rdb', syncs: [legacy] }, { syncs: [resumed] }],
      [1, 1, 0, 1],
    ],
  ])('%s', (_, sessions, expected) => {
    expect(counts(...sessions)).toEqual(expected);
  });
});

describe('link level lag', () => {
  it('takes the last value of the latest main session and the worst of all', () => {
    const link = sampleLink();
    addSession(link, {
      lag: {
        ...NO_LAG,
        lastBytes: 5,
        maxBytes: 900,
        lastMs: 1,
        maxMs: 70.00049,
        behindMaxBytes: 3,
        behindMaxMs: 0.5,
      },
      acks: { count: 2, firstAt: START, lastAt: START, maxIntervalMs: 1003.2 },
    });
    addSession(link, { lag: { ...NO_LAG, lastBytes: 7, maxBytes: 20, lastMs: 2, maxMs: 80 } });
    addSession(link, { channel: 'rdb' });
    const document = linkDocument(link);
    expect(document.lag).toEqual({
      lastBytes: 7,
      maxBytes: 900,
      lastMs: 2,
      maxMs: 80,
      maxAckIntervalMs: 1003.2,
    });
    expect(document.behind).toEqual({ maxBytes: 3, maxMs: 0.5 });
  });

  it('is unknown, not zero, without any', () => {
    expect(linkDocument(sampleLink()).lag).toEqual({
      lastBytes: null,
      maxBytes: null,
      lastMs: null,
      maxMs: null,
      maxAckIntervalMs: null,
    });
  });
});

describe('summary document', () => {
  it('is plain JSON with ISO times and durations in ms', () => {
    const document = sampleDocument();
    expect(JSON.parse(JSON.stringify(document))).toEqual(document);
    const session = document.links[0]!.sessions[0]!;
    expect(session.openedAt).toBe('2026-11-21T07:51:04.549000Z');
    expect(session.payload).toMatchObject({ waitMs: 61.1, transferMs: 2, loadMs: 806.1 });
    expect(session.payload!.rdb).not.toHaveProperty('replid');
    expect(session.stream.databases).toEqual([0, 3]);
    expect(Object.keys(session.stream.byCommand)).toEqual(['SET', 'INCR', 'PING', 'SELECT']);
    expect(document.findings).toEqual([]);
  });

  it('does not know durations of what did not happen', () => {
    const [healthy, troubled] = sampleDocument([sampleHealthyLink(), sampleTroubledLink()]).links;
    expect(healthy!.sessions[1]!.payload).toBeNull();
    expect(troubled!.sessions.at(-1)!.payload).toMatchObject({ waitMs: 1, transferMs: null, loadMs: null });
    expect(troubled).toMatchObject({ fullResyncs: 1, refusedSyncs: 300, reconnects: 300 });
  });

  it('does not wait in a legacy sync, whose header is its decision', () => {
    const link = sampleLink();
    const sync = { ...legacy, decidedAt: START + 62_000 };
    addSession(link, { syncs: [sync], payload: samplePayload({ loadedAt: null }) });
    expect(linkDocument(link).sessions[0]!.payload).toMatchObject({ waitMs: 0, loadMs: null });
  });

  it('survives a command with the name of a prototype', () => {
    const link = sampleHealthyLink();
    link.sessions[0]!.stream.byCommand.set('__proto__', 9);
    expect(JSON.stringify(linkDocument(link))).toContain('"__proto__":9');
  });
});

import { describe, expect, it } from 'vitest';
import type { Link, Session } from '../../replication/model.js';
import {
  addSession,
  NO_LAG,
  START,
  sampleLink,
  samplePayload,
  sampleSync,
} from '../../testing/sample-document.js';
import { liveDocument } from '../../testing/sample-live.js';
import { LiveModel } from './model.js';

const SECOND = 1_000_000;
const NOW = START + 1000 * SECOND;

function troubles(...sessions: Partial<Session>[]): string[] {
  const link = sampleLink();
  for (const session of sessions) addSession(link, { firstSeenAt: START, ...session });
  return troublesOfLink(link);
}

function troublesOfLink(link: Link): string[] {
  const { links } = new LiveModel().update(liveDocument(NOW, [link]), NOW);
  return links[0]!.troubles.map(({ severity, text }) => `${severity}: ${text}`);
}

function acked(secondsAgo: number, changes: Partial<Session> = {}): Partial<Session> {
  const lastAt = NOW - secondsAgo * SECOND;
  return {
    phase: 'online',
    onlineAt: START,
    acks: { count: 9, firstAt: START, lastAt, maxIntervalMs: 1000 },
    ...changes,
  };
}

const recently = (secondsAgo: number) => ({
  firstSeenAt: NOW - secondsAgo * SECOND,
  openedAt: NOW - secondsAgo * SECOND,
});
const full = (secondsAgo: number, cause: 'backlog-miss' | 'first-sync' = 'backlog-miss') => ({
  ...recently(secondsAgo),
  syncs: [sampleSync({ cause, decidedAt: NOW - secondsAgo * SECOND })],
});

describe('troubles', () => {
  it.each<[string, Partial<Session>[], string[]]>([
    ['a sound link', [acked(0.9)], []],
    ['three ACKs missed', [acked(3)], ['warn: no ACK for 3.0 s']],
    ['ten ACKs missed', [acked(12.4)], ['bad: no ACK for 12.4 s']],
    [
      'acknowledges, but old bytes',
      [acked(0.5, { lag: { ...NO_LAG, lastBytes: 110_000, lastMs: 7000 } })],
      ['bad: 7.0 s behind: 110 kB not acknowledged'],
    ],
    [
      'offsets differ at rest',
      [acked(0.5, { lag: { ...NO_LAG, drift: -3 } })],
      ['bad: offsets differ by -3 at rest'],
    ],
    [
      'closed',
      [acked(30, { closedAt: NOW - 30 * SECOND, closedBy: 'master', closedHow: 'rst' })],
      ['bad: reset by the master 30.0 s ago'],
    ],
    [
      'a dump client that has left',
      [
        {
          phase: 'transfer',
          syncs: [sampleSync({ cause: 'rdb-only' })],
          closedAt: NOW - SECOND,
          closedHow: 'fin',
        },
      ],
      [],
    ],
    [
      'refused',
      [
        {
          syncs: [
            sampleSync({ decision: 'REFUSED', cause: 'auth', error: 'NOAUTH Authentication required.' }),
          ],
        },
      ],
      ['bad: refused: auth: NOAUTH Authentication required.'],
    ],
    ['first sync a minute ago', [acked(0.5, full(60, 'first-sync'))], []],
    [
      'full resync a minute ago',
      [acked(0.5, full(60))],
      ['warn: full resync 60.0 s ago: backlog miss: further back than the backlog holds'],
    ],
    ['full resync ten minutes ago', [acked(0.5, full(600))], []],
    [
      'a loop of full resyncs',
      [full(200), full(100), acked(0.5, full(30))],
      ['bad: 3 full resyncs in 5 minutes'],
    ],
    [
      'a loop of connections',
      [recently(200), recently(100), acked(0.5, recently(30))],
      ['warn: 3 connections in 5 minutes'],
    ],
    [
      'damaged payload',
      [acked(0.5, { payload: samplePayload({ rdb: { ...samplePayload().rdb!, checksum: 'invalid' } }) })],
      ['bad: checksum of the payload is invalid'],
    ],
  ])('%s', (_, sessions, expected) => {
    expect(troubles(...sessions)).toEqual(expected);
  });

  it('name the worst first', () => {
    const session = acked(4, { lag: { ...NO_LAG, drift: 8 } });
    expect(troubles(session)).toEqual(['bad: offsets differ by 8 at rest', 'warn: no ACK for 4.0 s']);
  });

  it('tell of a gap in the interval in which it came', () => {
    const model = new LiveModel();
    const link = sampleLink();
    const session = addSession(link, { firstSeenAt: START, ...acked(0) });
    const look = (now: number) =>
      model.update(liveDocument(now, [link]), now).links[0]!.troubles.map(({ text }) => text);
    expect(look(NOW)).toEqual([]);
    session.loss = { ...session.loss, gaps: 1, missingBytes: 1460 };
    expect(look(NOW + SECOND)).toEqual(['the capture lost 1,460 B just now']);
    expect(look(NOW + 2 * SECOND)).toEqual([]);
  });
});

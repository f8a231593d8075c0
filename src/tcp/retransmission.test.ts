import { expect, test } from 'vitest';
import { client, HANDSHAKE, play, type Row } from '../testing/tcp-play.js';
import type { LossCounters } from './types.js';

const server = (ack: number, more: Partial<Row> = {}): Row => ({ from: 1, seq: 5001, ack, ...more });

const NONE: LossCounters = {
  gaps: 0,
  missingBytes: 0,
  retransmittedBytes: 0,
  outOfOrderSegments: 0,
  conflictingBytes: 0,
  duplicatePackets: 0,
};

test.each<[string, Row[], Partial<LossCounters>]>([
  ['nothing wrong', [client(1, 'abc'), client(4, 'def')], {}],
  ['sent again', [client(1, 'abc'), client(1, 'abc')], { retransmittedBytes: 3 }],
  ['sent again with more behind', [client(1, 'abc'), client(2, 'bcde')], { retransmittedBytes: 2 }],
  [
    'sent again while buffered',
    [client(4, 'def'), client(4, 'def'), client(1, 'abc')],
    { retransmittedBytes: 3, outOfOrderSegments: 1 },
  ],
  [
    'buffered copy differs: the first one stays',
    [client(4, 'def'), client(4, 'dXX'), client(1, 'abc')],
    { retransmittedBytes: 3, conflictingBytes: 2, outOfOrderSegments: 1 },
  ],
  ['late original, within 3 ms', [client(4, 'def'), client(1, 'abc')], { outOfOrderSegments: 1 }],
  [
    'a hole filled later: lost before the capture point and sent again',
    [client(4, 'def', { at: 1_000 }), client(1, 'abc', { at: 201_000 })],
    { retransmittedBytes: 3 },
  ],
  [
    'captured twice: same IP id',
    [client(1, 'abc', { ipId: 77 }), client(1, 'abc', { ipId: 77 })],
    { duplicatePackets: 1 },
  ],
  [
    'same IP id, but long after',
    [client(1, 'abc', { ipId: 77, at: 1_000 }), client(1, 'abc', { ipId: 77, at: 50_000 })],
    { retransmittedBytes: 3 },
  ],
  [
    'captured twice with other packets between',
    [1, 4, 1, 4].map((seq) => client(seq, 'abc', { ipId: 70 + seq })),
    { duplicatePackets: 2 },
  ],
  [
    'captured twice, no IP id',
    [client(1, 'abc', { ipId: 0 }), client(1, 'abc', { ipId: 0 })],
    { duplicatePackets: 1 },
  ],
  [
    'retransmission, no IP id',
    [client(1, 'abc', { ipId: -1, at: 1_000 }), client(1, 'abc', { ipId: -1, at: 3_000 })],
    { retransmittedBytes: 3 },
  ],
  [
    'equal pure ACKs without IP id tell of a loss, they are no copies',
    [0, 0, 0].map((ipId) => ({ from: 0 as const, seq: 1, ack: 5001, ipId })),
    {},
  ],
  ['keep-alive without data', [client(1, 'abc'), client(3, '')], {}],
  ['keep-alive with one old byte', [client(1, 'abc'), client(3, '\0'), client(3, '\0')], {}],
  [
    'window probe: its byte is sent again with the rest',
    [client(1, 'abc'), server(4, { window: 0 }), client(4, 'd'), client(4, 'd'), client(4, 'def')],
    {},
  ],
  [
    'a late original after its gap is no retransmission',
    [
      client(4, 'def'),
      server(7, { at: 1_000 }),
      server(7, { at: 202_000 }),
      client(1, 'abc', { at: 202_100 }),
    ],
    { gaps: 1, missingBytes: 3 },
  ],
])('%s', (_name, rows, expected) => {
  const { connections, log } = play([...HANDSHAKE, ...rows]);
  expect(connections[0]!.loss(0)).toEqual({ ...NONE, ...expected });
  expect(connections[0]!.loss(1)).toEqual(NONE);
  expect(log.filter((line) => line.includes('X'))).toEqual([]);
});

test('the content of a window probe is delivered once', () => {
  const { log } = play([...HANDSHAKE, client(1, 'd'), client(1, 'd'), client(1, 'def')]);
  expect(log).toEqual(['0@0 d', '0@1 ef', 'closed']);
});

test('zero window: from the ACK that closes it to the one that opens it', () => {
  const seen: number[] = [];
  play(
    [
      ...HANDSHAKE,
      client(1, 'abc', { at: 10_000 }),
      server(4, { window: 0, at: 20_000 }),
      client(3, '', { at: 21_000 }),
      server(4, { window: 0, at: 22_000 }),
      server(4, { window: 100, at: 30_000 }),
      server(4, { window: 0, at: 40_000 }),
      { from: 1, seq: 5001, flags: 'R', ack: 4, window: 0, at: 41_500 },
    ],
    { afterRow: (_row, connections) => seen.push(connections[0]!.zeroWindowMs(0)) },
  );
  expect(seen).toEqual([0, 0, 0, 0, 0, 1, 2, 10, 10, 11.5]);
});

test('a SYN-ACK or a RST with window 0 closes no window', () => {
  const { connections } = play([
    { from: 0, seq: 0, flags: 'S', window: 0 },
    { from: 1, seq: 5000, flags: 'S', ack: 1, window: 0 },
    { from: 0, seq: 1, flags: 'R', window: 0, at: 90_000 },
  ]);
  expect([connections[0]!.zeroWindowMs(0), connections[0]!.zeroWindowMs(1)]).toEqual([0, 0]);
});

import { expect, test } from 'vitest';
import { play, type Row } from '../testing/tcp-play.js';

const syn = (at: number): Row => ({ from: 0, seq: 0, flags: 'S', at });
const answer = (at: number): Row => ({ from: 1, seq: 5000, ack: 1, flags: 'S', at });
const third = (at: number): Row => ({ from: 0, seq: 1, ack: 5001, at });

function roundTrip(rows: Row[]): number | null {
  return play(rows).connections[0]!.roundTripUs;
}

test.each<[string, Row[], number | null]>([
  ['at the client: the answer takes long', [syn(1000), answer(41_000), third(41_020)], 40_020],
  ['at the server: the ACK takes long', [syn(1000), answer(1020), third(41_020)], 40_020],
  ['a SYN that was sent again', [syn(1000), syn(1_001_000), answer(1_041_000), third(1_041_010)], 40_010],
  [
    'an answer that was sent again is part of it',
    [syn(1000), answer(1010), answer(2010), third(42_000)],
    41_000,
  ],
  ['no third packet', [syn(1000), answer(41_000)], null],
  ['no SYN', [{ from: 0, seq: 1, ack: 5001, data: 'a', at: 1 }], null],
])('%s', (_name, rows, expected) => {
  expect(roundTrip(rows)).toBe(expected);
});

test('across the wrap of the 32-bit clock', () => {
  const wrap = 2 ** 32 * 400_000;
  expect(roundTrip([syn(wrap - 10), answer(wrap + 5), third(wrap + 90)])).toBe(100);
});

test('since the last byte was acknowledged', () => {
  const { connections } = play([
    syn(0),
    answer(10),
    third(20),
    { from: 0, seq: 1, ack: 5001, data: 'abcd', at: 100 },
    { from: 1, seq: 5001, ack: 3, at: 200 },
    { from: 1, seq: 5001, ack: 3, at: 900 },
  ]);
  expect(connections[0]!.sinceAcknowledged(0)).toBe(700);
});

import { expect, test } from 'vitest';
import { HANDSHAKE, play, type Row } from '../testing/tcp-play.js';
import { sequenceAfter, sequenceDistance } from './sequence.js';

test.each([
  ['same', 5, 5, 0],
  ['ahead', 5, 9, 4],
  ['behind', 9, 5, -4],
  ['ahead across the wrap', 0xffff_fffe, 3, 5],
  ['behind across the wrap', 3, 0xffff_fffe, -5],
  ['signed and unsigned mixed', -2, 0xffff_ffff, 1],
  ['a hole of nearly 3 GiB', 100, 100 + 3 * 2 ** 30 - 1, 3 * 2 ** 30 - 1],
  ['one window back', 2 ** 30, 0, -(2 ** 30)],
])('distance: %s', (_name, from, to, distance) => expect(sequenceDistance(from, to)).toBe(distance));

test('adding counts modulo 2^32, for any number of bytes', () => {
  expect(sequenceAfter(0xffff_ffff, 1)).toBe(0);
  expect(sequenceAfter(7, 10 * 2 ** 32 + 3)).toBe(10);
});

// The client's first byte has number 2^32 - 3.
const START = 2 ** 32 - 3;
const OPENING: Row[] = [
  { from: 0, seq: START - 1, flags: 'S' },
  { from: 1, seq: 0xffff_ffff, flags: 'S', ack: START },
];

test('wrap inside a segment', () => {
  const { log } = play([
    ...OPENING,
    { from: 0, seq: START, data: 'abcdef', ack: 0 },
    { from: 0, seq: 3, data: 'gh', ack: 0 },
    { from: 1, seq: 0, data: 'ok', ack: 5 },
  ]);
  expect(log).toEqual(['0@0 abcdef', '0@6 gh', '1@0 ok', 'closed']);
});

test('wrap inside a reordered segment', () => {
  const { log } = play([
    ...OPENING,
    { from: 0, seq: START + 1, data: 'bcdef' },
    { from: 0, seq: 3, data: 'gh' },
    { from: 0, seq: START, data: 'a' },
  ]);
  expect(log).toEqual(['0@0 a', '0@1 bcdef', '0@6 gh', 'closed']);
});

test('wrap inside a gap', () => {
  const { log, connections } = play([
    ...OPENING,
    { from: 0, seq: START, data: 'a' },
    { from: 0, seq: 4, data: 'h' },
    { from: 1, seq: 0, ack: 5, at: 1_000 },
    { from: 1, seq: 0, ack: 5, at: 20_000 },
  ]);
  expect(log).toEqual(['0@0 a', '0@1 gap 6', '0@7 h', 'closed']);
  expect(connections[0]!.acknowledged(0)).toBe(8);
});

test('positions go on beyond many wraps', () => {
  const step = 2 ** 30 - 1;
  const rows: Row[] = [...HANDSHAKE];
  let position = 0;
  // Each ACK lets the stream leap by nearly 1 GiB.
  for (let i = 0; i < 40; i++) {
    rows.push({ from: 0, seq: (1 + position) % 2 ** 32, data: 'x', ack: 5001, at: i * 100_000 });
    position += step;
    rows.push({ from: 1, seq: 5001, ack: (1 + position) % 2 ** 32, at: i * 100_000 + 1 });
  }
  const { log } = play(rows);
  expect(log.slice(-3)).toEqual([`0@${39 * step} x`, `0@${39 * step + 1} gap ${step - 1}`, 'closed']);
});

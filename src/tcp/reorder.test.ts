import { expect, test } from 'vitest';
import { client, HANDSHAKE, play, type Row, segmentOf } from '../testing/tcp-play.js';
import { TcpTracker } from './tracker.js';

test.each<[string, Row[], string[]]>([
  ['in order', [client(1, 'ab'), client(3, 'cd')], ['0@0 ab', '0@2 cd']],
  ['two swapped', [client(3, 'cd'), client(1, 'ab')], ['0@0 ab', '0@2 cd']],
  ['three backwards', [client(5, 'ef'), client(3, 'cd'), client(1, 'ab')], ['0@0 ab', '0@2 cd', '0@4 ef']],
  [
    'two holes, filled from the back',
    [client(3, 'c'), client(6, 'f'), client(4, 'de'), client(1, 'ab')],
    ['0@0 ab', '0@2 c', '0@3 de', '0@5 f'],
  ],
  ['overlap before: the old part is cut off', [client(1, 'abc'), client(2, 'bcde')], ['0@0 abc', '0@3 de']],
  [
    'overlap with what is buffered behind: the buffered copy wins',
    [client(4, 'DE'), client(1, 'abcdef')],
    ['0@0 abc', '0@3 DE', '0@5 f'],
  ],
  [
    'overlap inside: a small piece fills what it can',
    [client(3, 'cd'), client(8, 'hi'), client(4, 'defghi'), client(1, 'ab')],
    ['0@0 ab', '0@2 cd', '0@4 efg', '0@7 hi'],
  ],
  [
    'buffered piece contained in a later one',
    [client(4, 'd'), client(3, 'cde'), client(1, 'ab')],
    ['0@0 ab', '0@2 c', '0@3 d', '0@4 e'],
  ],
  ['wholly old', [client(1, 'abcd'), client(2, 'bc')], ['0@0 abcd']],
  [
    'both directions',
    [client(1, 'ab'), { from: 1, seq: 5003, data: 'CD', ack: 3 }, { from: 1, seq: 5001, data: 'AB', ack: 3 }],
    ['0@0 ab', '1@0 AB', '1@2 CD'],
  ],
])('%s', (_name, rows, expected) => {
  expect(play([...HANDSHAKE, ...rows]).log).toEqual([...expected, 'closed']);
});

test('released data has the time of the packet that filled the hole', () => {
  const { log, times } = play([...HANDSHAKE, client(3, 'cd', { at: 900 }), client(1, 'ab', { at: 1_000 })]);
  expect(log.slice(0, 2)).toEqual(['0@0 ab', '0@2 cd']);
  expect(times.slice(0, 2)).toEqual(['1000/5', '1000/5']);
});

test('segment starts survive buffering, cut segments have none', () => {
  const { starts } = play([...HANDSHAKE, client(5, 'ef'), client(1, 'abc'), client(2, 'bcd')]);
  expect(starts).toEqual([0, 4]);
});

test('ordered streams are not copied: the consumer gets the very buffer of the segment', () => {
  const seen: Uint8Array[] = [];
  const tracker = new TcpTracker({
    open: () => ({ data: (_direction, bytes) => seen.push(bytes), gap: () => {}, closed: () => {} }),
  });
  const given = [...HANDSHAKE, client(1, 'ab'), client(3, 'cd')].map((row, i) => segmentOf(row, i + 1));
  for (const [i, segment] of given.entries()) tracker.segment(segment, i, i + 1);
  expect(seen).toHaveLength(2);
  expect(seen[0]).toBe(given[3]!.bytes);
  expect(seen[1]).toBe(given[4]!.bytes);
});

test('buffered data is a copy: the bytes of the segment may be overwritten', () => {
  const tracker = new TcpTracker({
    open: () => ({
      data: (_direction, bytes, start, end) =>
        text.push(new TextDecoder().decode(bytes.subarray(start, end))),
      gap: () => {},
      closed: () => {},
    }),
  });
  const text: string[] = [];
  for (const [i, row] of [...HANDSHAKE, client(3, 'cd'), client(1, 'ab')].entries()) {
    const segment = segmentOf(row, i + 1);
    segment.bytes = Buffer.from(segment.bytes);
    tracker.segment(segment, i, i + 1);
    segment.bytes.fill(0);
  }
  expect(text).toEqual(['ab', 'cd']);
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Checker, type Row, segmentOf } from '../testing/tcp-play.js';
import { TcpTracker } from './tracker.js';
import type { ConnectionInfo, Direction } from './types.js';

/** Content that names its position, so that a byte at a wrong place shows. */
const byteAt = (position: number): number => (position * 131 + (position >> 8)) & 255;
const content = (start: number, end: number): Uint8Array =>
  Uint8Array.from({ length: end - start }, (_, i) => byteAt(start + i));

interface Range {
  start: number;
  end: number;
}

/** A stream of `length` bytes in pieces that cover it, shuffled, with some more pieces that overlap at random. */
const shuffledStream = fc.integer({ min: 1, max: 300 }).chain((length) =>
  fc
    .record({
      cuts: fc.array(fc.integer({ min: 0, max: length }), { maxLength: 20 }),
      extras: fc.array(fc.tuple(fc.nat({ max: length - 1 }), fc.integer({ min: 1, max: 60 })), {
        maxLength: 10,
      }),
      initial: fc.oneof(fc.nat({ max: 2 ** 32 - 1 }), fc.integer({ min: 2 ** 32 - 300, max: 2 ** 32 - 1 })),
    })
    .chain(({ cuts, extras, initial }) => {
      const borders = [...new Set([0, ...cuts, length])].sort((a, b) => a - b);
      const pieces: Range[] = borders.slice(1).map((end, i) => ({ start: borders[i]!, end }));
      for (const [start, size] of extras) pieces.push({ start, end: Math.min(length, start + size) });
      return fc.record({
        length: fc.constant(length),
        initial: fc.constant(initial),
        pieces: fc.shuffledSubarray(pieces, { minLength: pieces.length, maxLength: pieces.length }),
        lost: fc.array(fc.boolean(), { minLength: pieces.length, maxLength: pieces.length }),
      });
    }),
);

/** Collects one direction; checks the contract and every byte's place. */
class Collector extends Checker {
  readonly gaps: Range[] = [];
  bytes = 0;
  override data(direction: Direction, bytes: Uint8Array, start: number, end: number, position: number): void {
    super.data(direction, bytes, start, end, position);
    for (let i = start; i < end; i++) {
      if (bytes[i] !== byteAt(position + i - start)) throw new Error(`wrong byte at ${position + i - start}`);
    }
    this.bytes += end - start;
  }
  override gap(direction: Direction, position: number, length: number): void {
    super.gap(direction, position, length);
    this.gaps.push({ start: position, end: position + length });
  }
}

function collect(rows: readonly Row[], step: number): { collector: Collector; connection: ConnectionInfo } {
  const collector = new Collector();
  let info: ConnectionInfo | null = null;
  const tracker = new TcpTracker({
    open: (connection) => {
      info = connection;
      return collector;
    },
  });
  let time = 0;
  for (const [i, row] of rows.entries()) {
    time += step;
    tracker.segment(segmentOf(row, i + 1), time, i + 1);
  }
  tracker.finish(time);
  return { collector, connection: info! };
}

const opening = (initial: number): Row[] => [
  { from: 0, seq: initial, flags: 'S' },
  { from: 1, seq: 5000, flags: 'S', ack: initial + 1 },
];
const rowOf = (initial: number, { start, end }: Range): Row => ({
  from: 0,
  seq: (initial + 1 + start) % 2 ** 32,
  data: content(start, end),
  ack: 5001,
});

test('any order, duplication and segmentation of a stream gives the same bytes', () => {
  fc.assert(
    fc.property(shuffledStream, ({ length, initial, pieces }) => {
      const rows = pieces.map((piece) => rowOf(initial, piece));
      const { collector, connection } = collect([...opening(initial), ...rows], 10);
      expect(collector.bytes).toBe(length);
      expect(collector.gaps).toEqual([]);
      const sent = pieces.reduce((sum, { start, end }) => sum + end - start, 0);
      const loss = connection.loss(0);
      expect(loss).toMatchObject({ gaps: 0, missingBytes: 0, conflictingBytes: 0, duplicatePackets: 0 });
      expect(loss.retransmittedBytes).toBeLessThanOrEqual(sent - length);
    }),
    { numRuns: 500 },
  );
});

/** What none of the pieces covers, up to `length`. */
function holes(pieces: readonly Range[], length: number): Range[] {
  const seen = new Uint8Array(length);
  for (const { start, end } of pieces) seen.fill(1, start, end);
  const found: Range[] = [];
  for (let i = 0; i < length; i++) {
    if (seen[i] === 1) continue;
    const last = found.at(-1);
    if (last?.end === i) last.end++;
    else found.push({ start: i, end: i + 1 });
  }
  return found;
}

test('pieces that the capture lost are exact gaps, once their ACK is seen', () => {
  fc.assert(
    fc.property(shuffledStream, ({ length, initial, pieces, lost }) => {
      const kept = pieces.filter((_, i) => !lost[i]);
      const rows = kept.map((piece) => rowOf(initial, piece));
      // The FIN makes a single lost byte at the end certain.
      const fin: Row = { from: 0, seq: (initial + 1 + length) % 2 ** 32, ack: 5001, flags: 'F' };
      const ack: Row = { from: 1, seq: 5001, ack: (initial + 1 + length) % 2 ** 32 };
      const { collector, connection } = collect([...opening(initial), ...rows, fin, ack, ack, ack, ack], 10);
      const expected = holes(kept, length);
      expect(collector.gaps).toEqual(expected);
      expect(collector.position[0]).toBe(length);
      expect(connection.loss(0).gaps).toBe(expected.length);
    }),
    { numRuns: 500 },
  );
});

test('random segments never throw, and calls always tile the stream', () => {
  const near = fc.oneof(
    fc.nat({ max: 40 }),
    fc.integer({ min: 2 ** 32 - 20, max: 2 ** 32 - 1 }),
    fc.nat({ max: 2 ** 32 - 1 }),
  );
  const row: fc.Arbitrary<Row> = fc.record(
    {
      from: fc.constantFrom<Direction>(0, 1),
      port: fc.constantFrom(1, 2, 6379),
      seq: near,
      data: fc.uint8Array({ maxLength: 20 }),
      ack: near,
      flags: fc.constantFrom('', '', '', '', 'S', 'F', 'R', 'SF', 'SR', 'FR'),
      window: fc.constantFrom(0, 100),
      at: fc.nat({ max: 3_000_000 }),
      ipId: fc.nat({ max: 2 }),
      snap: fc.nat({ max: 20 }),
    },
    { requiredKeys: ['from', 'seq'] },
  );
  const toggle = fc.tuple(fc.constantFrom<Direction>(0, 1), fc.boolean());
  fc.assert(
    fc.property(
      fc.array(row, { maxLength: 40 }),
      fc.array(toggle, { maxLength: 10 }),
      fc.constantFrom(3, 4096),
      fc.constantFrom(500, 5_000_000),
      (rows, toggles, maxReorderPieces, maxReorderBytesTotal) => {
        let next = 0;
        const opened: { closed: number }[] = [];
        const tracker = new TcpTracker({
          limits: { maxConnections: 2, maxReorderPieces, maxReorderBytesTotal },
          open: (connection) => {
            const checker = new Checker();
            const state = { closed: 0 };
            opened.push(state);
            const turn = (): void => {
              const [direction, wanted] = toggles[next++] ?? [0, true];
              connection.setWanted(direction, wanted);
              if (wanted) checker.jumpAllowed[direction] = true;
            };
            return {
              data: (direction, bytes, start, end, position) => {
                checker.data(direction, bytes, start, end, position);
                turn();
              },
              gap: (direction, position, length) => {
                checker.gap(direction, position, length);
                turn();
              },
              closed: () => {
                checker.closed();
                state.closed++;
                turn();
              },
            };
          },
        });
        for (const [i, one] of rows.entries()) tracker.segment(segmentOf(one, i), one.at ?? i * 50, i + 1);
        tracker.finish(4_000_000);
        expect(opened.every(({ closed }) => closed === 1)).toBe(true);
      },
    ),
    { numRuns: 3_000 },
  );
});

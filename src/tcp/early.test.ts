import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Checker, client, HANDSHAKE, play, type Row, segmentOf } from '../testing/tcp-play.js';
import { EARLY_GRACE_US, MAX_HELD_SEGMENTS } from './limits.js';
import { TcpTracker } from './tracker.js';
import type { Direction } from './types.js';

const server = (seq: number, data: string, more: Partial<Row> = {}): Row => ({
  from: 1,
  seq,
  data,
  ack: 1,
  ...more,
});

/** The log without the calls that end the capture. */
function live(rows: Row[]): string[] {
  const { log, before } = play(rows);
  return log.slice(0, before);
}

test('an answer waits for its question', () => {
  const rows = [...HANDSHAKE, server(5001, 'pong', { ack: 5 }), client(1, 'ping')];
  expect(live(rows)).toEqual(['0@0 ping', '1@0 pong']);
});

test('what waits keeps its own time and packet', () => {
  const rows = [...HANDSHAKE, server(5001, 'pong', { ack: 5, at: 1_000 }), client(1, 'ping', { at: 1_500 })];
  expect(play(rows).times.slice(0, 2)).toEqual(['1500/5', '1000/4']);
});

test('a question that does not come is a gap before its answer', () => {
  const rows = [
    ...HANDSHAKE,
    server(5001, 'pong', { ack: 5, at: 1_000 }),
    client(5, 'more', { ack: 5005, at: EARLY_GRACE_US + 1_000 }),
  ];
  expect(live(rows)).toEqual(['0@0 gap 4', '1@0 pong', '0@4 more']);
});

test.each<[string, Row[]]>([
  ['data before the SYN', [client(1, 'ab'), ...HANDSHAKE, client(3, 'cd')]],
  ['the answer to the SYN first', [HANDSHAKE[1]!, client(1, 'ab'), HANDSHAKE[0]!, client(3, 'cd')]],
  [
    'the last of the handshake first',
    [HANDSHAKE[2]!, client(3, 'cd'), HANDSHAKE[1]!, HANDSHAKE[0]!, client(1, 'ab')],
  ],
])('%s', (_name, rows) => {
  const { log, connections } = play(rows);
  expect(log.filter((line) => line.startsWith('0@')).join(' ')).toBe('0@0 ab 0@2 cd');
  expect(connections).toHaveLength(1);
  expect(connections[0]).toMatchObject({ midstream: false, openedAt: expect.any(Number) });
  expect(connections[0]!.port(0)).toBe(1000);
});

test('met by what the server says: the SYN turns the sides', () => {
  const rows = [
    server(5001, 'hello', { at: 10 }),
    ...HANDSHAKE.slice(0, 2).map((row, i) => ({ ...row, at: 20 + i })),
  ];
  const { log, connections } = play(rows);
  expect(log[0]).toBe('1@0 hello');
  expect(connections.map((connection) => [connection.port(0), connection.midstream])).toEqual([
    [1000, false],
  ]);
});

test('a SYN long after is that of a new connection', () => {
  const rows = [client(1, 'ab', { at: 10 }), { ...HANDSHAKE[0]!, at: EARLY_GRACE_US + 20 }];
  const { log, connections } = play(rows);
  expect(log.slice(0, 2)).toEqual(['0@0 ab', 'closed']);
  expect(connections.map(({ midstream }) => midstream)).toEqual([true, false]);
});

test('a reset waits for what was sent before it, and tells how much that was', () => {
  const reset: Row = { from: 0, seq: 5, flags: 'R', ack: 5001 };
  const late = play([...HANDSHAKE, reset, client(1, 'abcd')]);
  expect(late.log).toEqual(['0@0 abcd', 'closed']);
  const lost = play([...HANDSHAKE, reset]);
  expect(lost.log).toEqual(['0@0 gap 4', 'closed']);
  expect(lost.connections[0]).toMatchObject({ closedBy: 0, closedHow: 'rst' });
});

test('a segment sent again has a newer ACK number than what answers it: neither waits for the other', () => {
  const rows = [...HANDSHAKE, server(5001, 'pong', { ack: 5 }), client(1, 'ping', { ack: 5005 })];
  expect(live(rows).sort()).toEqual(['0@0 ping', '1@0 pong']);
});

test('the bytes of an ACK that was captured alone are not asked of a direction that was not captured', () => {
  const rows: Row[] = [
    { from: 0, seq: 0, flags: 'S', at: 0 },
    client(1, 'a', { at: 10 }),
    client(2, 'b', { ack: 5101, at: EARLY_GRACE_US + 10 }),
    client(3, 'c', { ack: 5201, at: EARLY_GRACE_US + 20 }),
  ];
  expect(live(rows)).toEqual(['0@0 a', '0@1 b', '0@2 c']);
});

test('too many that wait: the first ones wait no longer', () => {
  const rows: Row[] = [...HANDSHAKE];
  for (let i = 0; i <= MAX_HELD_SEGMENTS; i++) rows.push(server(5001 + i, 'x', { ack: 5 }));
  const { log, before, counters } = play(rows);
  expect(log.slice(0, 2)).toEqual(['0@0 gap 4', '1@0 x']);
  expect(before).toBeGreaterThan(MAX_HELD_SEGMENTS);
  expect(counters.earlyOverflows).toBe(1);
});

/** A dialogue, turn by turn: who speaks, how many bytes, and how much later than it should each packet is captured. */
const turns = fc.array(
  fc.record({
    from: fc.constantFrom<Direction>(0, 1),
    bytes: fc.integer({ min: 1, max: 30 }),
    late: fc.nat({ max: EARLY_GRACE_US / 2 - 1 }),
  }),
  { minLength: 1, maxLength: 60 },
);

test('however a dialogue is shuffled within the grace, each side hears what it answered before its answer', () => {
  fc.assert(
    fc.property(
      turns,
      fc.array(fc.nat({ max: EARLY_GRACE_US / 2 - 1 }), { minLength: 3, maxLength: 3 }),
      (said, first) => {
        const position: [number, number] = [1, 5001];
        const packets = HANDSHAKE.map((row, i) => ({ row, at: i * 50 + first[i]! }));
        for (const [i, { from, bytes, late }] of said.entries()) {
          const row = {
            from,
            seq: position[from],
            ack: position[from === 0 ? 1 : 0],
            data: 'x'.repeat(bytes),
          };
          packets.push({ row, at: 200 + i * 50 + late });
          position[from] += bytes;
        }
        packets.sort((a, b) => a.at - b.at);
        const heard: number[] = [];
        const checker = new Checker();
        let opened = 0;
        const tracker = new TcpTracker({
          open: (connection) => {
            opened++;
            return {
              data: (direction, bytes, start, end, at) => {
                expect(connection.port(0)).toBe(1000);
                checker.data(direction, bytes, start, end, at);
                for (let i = start; i < end; i++) heard.push(direction);
              },
              gap: () => expect.fail('no byte is missing'),
              closed: () => checker.closed(),
            };
          },
        });
        for (const [i, { row, at }] of packets.entries()) tracker.segment(segmentOf(row, i + 1), at, i + 1);
        tracker.finish(packets.at(-1)!.at);
        expect(opened).toBe(1);
        expect(heard).toEqual(said.flatMap(({ from, bytes }) => new Array<number>(bytes).fill(from)));
      },
    ),
    { numRuns: 300 },
  );
});

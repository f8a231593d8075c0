import { expect, test } from 'vitest';
import { client, HANDSHAKE, play, type Row } from '../testing/tcp-play.js';

const server = (ack: number, more: Partial<Row> = {}): Row => ({ from: 1, seq: 5001, ack, ...more });

/** Calls before the capture ended. */
function live(rows: Row[], options = {}): string[] {
  const { log, before } = play(rows, options);
  return log.slice(0, before);
}

test('an ACK beyond a hole proves it, when the bytes have not come within 200 ms', () => {
  const rows = [
    ...HANDSHAKE,
    client(1, 'ab', { at: 1_000 }),
    client(5, 'ef', { at: 1_100 }),
    server(7, { at: 2_000 }),
    client(7, 'g', { at: 201_999 }),
  ];
  expect(live(rows)).toEqual(['0@0 ab']);
  rows.push(client(8, 'h', { at: 202_000 }));
  expect(live(rows)).toEqual(['0@0 ab', '0@2 gap 2', '0@4 ef', '0@6 g', '0@7 h']);
});

test('also when the next packet is of another connection', () => {
  const rows = [...HANDSHAKE, client(3, 'cd', { at: 900 }), server(5, { at: 1_000 })];
  const other: Row = { from: 0, port: 2000, seq: 0, flags: 'S' };
  expect(live([...rows, { ...other, at: 200_999 }])).toEqual([]);
  expect(live([...rows, { ...other, at: 201_000 }])).toEqual(['0@0 gap 2', '0@2 cd']);
});

test('data of a given-up hole keeps its own time, in stream order', () => {
  const { times, log } = play([
    ...HANDSHAKE,
    client(5, 'ef', { at: 1_000 }),
    client(3, 'cd', { at: 2_000 }),
    client(7, 'gh', { at: 3_000 }),
    server(9, { at: 4_000 }),
    server(9, { at: 220_000 }),
  ]);
  expect(log.slice(0, 4)).toEqual(['0@0 gap 2', '0@2 cd', '0@4 ef', '0@6 gh']);
  expect(times.slice(0, 4)).toEqual(['2000/5', '2000/5', '2000/5', '3000/6']);
});

test('data above a second hole was not deliverable before the first hole was filled', () => {
  const { times, log } = play([
    ...HANDSHAKE,
    client(3, 'cd', { at: 1_000 }),
    client(7, 'gh', { at: 1_500 }),
    client(1, 'ab', { at: 2_000 }),
    server(9, { at: 3_000 }),
    server(9, { at: 20_000 }),
  ]);
  expect(log.slice(0, 4)).toEqual(['0@0 ab', '0@2 cd', '0@4 gap 2', '0@6 gh']);
  expect(times.slice(0, 4)).toEqual(['2000/6', '2000/6', '2000/6', '2000/6']);
});

test('shuffled capture: the ACK comes before the data it acknowledges, no gap', () => {
  const { log, connections } = play([
    ...HANDSHAKE,
    client(3, 'cd'),
    server(5),
    client(1, 'ab'),
    client(5, 'ef'),
    server(7),
  ]);
  expect(log).toEqual(['0@0 ab', '0@2 cd', '0@4 ef', 'closed']);
  expect(connections[0]!.loss(0).gaps).toBe(0);
});

test('an ACK that does not reach beyond the hole proves nothing: lost on the wire, sent again', () => {
  const rows = [
    ...HANDSHAKE,
    client(3, 'cd'),
    ...[1, 1, 1, 1, 1, 1].map((ack) => server(ack)),
    client(1, 'ab', { at: 900_000 }),
  ];
  expect(live(rows)).toEqual(['0@0 ab', '0@2 cd']);
});

test('ACK first, data beyond the hole long after: the gap is known by then and nothing is copied', () => {
  const rows = [...HANDSHAKE, server(101, { at: 1_000 }), client(101, 'ab', { at: 250_000 })];
  expect(live(rows)).toEqual(['0@0 gap 100', '0@100 ab']);
});

test('each hole needs its own proof', () => {
  const rows = [
    ...HANDSHAKE,
    client(3, 'c', { at: 1_000 }),
    client(6, 'f', { at: 1_100 }),
    server(4, { at: 2_000 }),
    server(4, { at: 230_000 }),
  ];
  expect(live(rows)).toEqual(['0@0 gap 2', '0@2 c']);
  rows.push(server(7, { at: 231_000 }), server(7, { at: 450_000 }));
  expect(live(rows).slice(2)).toEqual(['0@3 gap 2', '0@5 f']);
});

test('a full buffer gives up its first hole only', () => {
  const limits = { maxReorderPieces: 2 };
  const rows = [...HANDSHAKE, client(3, 'c'), client(5, 'e'), client(7, 'g')];
  const { log, before, counters } = play(rows, { limits });
  expect(log.slice(0, before)).toEqual(['0@0 gap 2', '0@2 c']);
  expect(counters.bufferOverflows).toBe(1);
});

test('when all buffers together are full, the one that waits longest is emptied', () => {
  const limits = { maxReorderBytesTotal: 1_500 };
  const big = 'x'.repeat(400);
  const rows: Row[] = [1001, 1002, 1003].flatMap((port) => [
    { from: 0 as const, port, seq: 0, flags: 'S' },
    { from: 1 as const, port, seq: 5000, flags: 'S', ack: 1 },
    client(11, big, { port }),
  ]);
  const { log, before } = play(rows, { limits });
  expect(log.slice(0, before)).toEqual(['0@0 gap 10', `0@10 ${big}`]);
});

test('one-way capture: 256 KiB above the hole decide', () => {
  const big = 'x'.repeat(60_000);
  const rows: Row[] = [{ from: 0, seq: 0, flags: 'S' }];
  // The SYN-ACK may yet come: so much waits for it.
  rows.push(
    { from: 0, seq: 11, data: 'x', ack: 5001, at: 1_000 },
    { from: 0, seq: 11, ack: 5001, at: 201_000 },
  );
  for (let i = 0; i < 4; i++) rows.push({ from: 0, seq: 12 + i * 60_000, data: big, ack: 5001 });
  expect(live(rows)).toEqual([]);
  rows.push({ from: 0, seq: 12 + 4 * 60_000, data: big, ack: 5001 });
  expect(live(rows)).toHaveLength(7);
  expect(live(rows)[0]).toBe('0@0 gap 10');
});

test('one-way capture: so does 1 s', () => {
  const rows: Row[] = [
    { from: 0, seq: 0, flags: 'S' },
    { from: 0, seq: 11, data: 'a', ack: 5001, at: 1_000 },
    { from: 0, seq: 12, data: 'b', ack: 5001, at: 1_000_999 },
  ];
  expect(live(rows)).toEqual([]);
  rows.push({ from: 0, seq: 13, data: 'c', ack: 5001, at: 1_001_000 });
  expect(live(rows)).toEqual(['0@0 gap 10', '0@10 a', '0@11 b', '0@12 c']);
});

test.each<[string, Row[], string[]]>([
  ['a hole below buffered data', [client(3, 'cd')], ['0@0 gap 2', '0@2 cd']],
  ['bytes that only their ACK shows', [client(1, 'ab'), server(9)], ['0@0 ab', '0@2 gap 6']],
  [
    'bytes that only the FIN shows',
    [client(1, 'ab'), { from: 0, seq: 9, flags: 'F', ack: 5001 }],
    ['0@0 ab', '0@2 gap 6'],
  ],
  ['one acknowledged byte too many is a FIN that was not captured', [client(1, 'ab'), server(4)], ['0@0 ab']],
  [
    'the ACK of a FIN is no byte',
    [client(1, 'ab'), { from: 0, seq: 3, flags: 'F', ack: 5001 }, server(4)],
    ['0@0 ab'],
  ],
])('at the end of the capture: %s', (_name, rows, expected) => {
  expect(play([...HANDSHAKE, ...rows]).log).toEqual([...expected, 'closed']);
});

test.each<[string, Row[], string[], number]>([
  [
    'snapped segments',
    [client(1, 'abcd', { snap: 1 }), client(5, 'efgh', { snap: 2 })],
    ['0@0 a', '0@1 gap 3', '0@4 ef', '0@6 gap 2'],
    2,
  ],
  [
    'headers only: adjacent gaps are one loss',
    [client(1, 'abcd', { snap: 0 }), client(5, 'efgh', { snap: 0 })],
    ['0@0 gap 4', '0@4 gap 4'],
    1,
  ],
  [
    'a full copy that came first fills the rest',
    [client(3, 'cdef'), client(1, 'abcd', { snap: 1 })],
    ['0@0 a', '0@1 gap 1', '0@2 cdef'],
    1,
  ],
  [
    'a full copy that comes while the snapped one waits',
    [client(3, 'cdef', { snap: 1 }), client(3, 'cdef'), client(1, 'ab')],
    ['0@0 ab', '0@2 c', '0@3 def'],
    0,
  ],
  [
    'a partial copy inside the snapped rest',
    [client(3, 'cdefgh', { snap: 1 }), client(5, 'ef'), client(1, 'ab')],
    ['0@0 ab', '0@2 c', '0@3 gap 1', '0@4 ef', '0@6 gap 2'],
    2,
  ],
  [
    'a snapped retransmission: only its rest is new',
    [client(1, 'abc'), client(1, 'abcdef', { snap: 2 })],
    ['0@0 abc', '0@3 gap 3'],
    1,
  ],
])('snapped: %s', (_name, rows, expected, gaps) => {
  const { log, connections } = play([...HANDSHAKE, ...rows]);
  expect(log).toEqual([...expected, 'closed']);
  expect(connections[0]!.loss(0).gaps).toBe(gaps);
});

test('of a direction that was not captured, the last ACK of a closed connection counts its FIN', () => {
  const rows: Row[] = [
    client(1, 'a', { ack: 5001 }),
    client(2, 'b', { ack: 5031, at: 300_000 }),
    client(3, '', { flags: 'FA', ack: 5041, at: 300_100 }),
  ];
  const { log } = play(rows);
  expect(log.filter((line) => line.startsWith('1@'))).toEqual(['1@0 gap 39']);
});

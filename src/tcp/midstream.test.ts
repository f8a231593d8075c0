import { expect, test } from 'vitest';
import { client, play, type Row } from '../testing/tcp-play.js';

const server = (seq: number, data: string, more: Partial<Row> = {}): Row => ({
  from: 1,
  seq,
  data,
  ack: 100,
  ...more,
});

test.each<[string, Row[], string[]]>([
  ['the first byte captured is position 0', [client(100, 'ab'), client(102, 'c')], ['0@0 ab', '0@2 c']],
  ['direction 0 is who spoke first', [server(5001, 'xy'), client(100, 'ab')], ['0@0 xy', '1@0 ab']],
  [
    'also if it only acknowledged',
    [{ from: 1, seq: 5001, ack: 100 }, client(100, 'ab'), server(5001, 'xy', { ack: 102 })],
    ['1@0 ab', '0@0 xy'],
  ],
  [
    'an old retransmission comes first: the ACK of the peer tells that it is old',
    [{ from: 1, seq: 5001, ack: 100 }, client(90, 'old'), client(98, 'ldab'), client(102, 'c')],
    ['1@0 ab', '1@2 c'],
  ],
  [
    'what was in flight when the capture began is no loss',
    [{ from: 1, seq: 5001, ack: 100 }, client(200, 'ab'), { from: 1, seq: 5001, ack: 202 }],
    ['1@0 ab'],
  ],
  ['a hole later is one', [client(100, 'ab'), client(104, 'ef')], ['0@0 ab', '0@2 gap 2', '0@4 ef']],
  [
    'a direction of which only ACKs were captured',
    [client(100, 'ab'), client(102, 'c', { ack: 5101 })],
    ['0@0 ab', '0@2 c', '1@0 gap 100'],
  ],
])('%s', (_name, rows, expected) => {
  const { log, connections } = play(rows);
  expect(log).toEqual([...expected, 'closed']);
  expect(connections[0]).toMatchObject({ midstream: true, openedAt: null });
});

test('an idle connection opens no consumer: keep-alives, ACKs, FINs', () => {
  const rows: Row[] = [
    { from: 0, seq: 99, ack: 5001 },
    { from: 1, seq: 5001, ack: 100 },
    client(99, '\0'),
    { from: 0, seq: 100, ack: 5001, flags: 'F' },
    { from: 1, seq: 5001, ack: 101, flags: 'F' },
    { from: 0, seq: 101, ack: 5002 },
  ];
  const { log, connections, counters } = play(rows);
  expect([log, connections, counters.connections]).toEqual([[], [], 0]);
});

test('acknowledged counts from position 0, also when the first byte moved it', () => {
  const seen: number[] = [];
  play(
    [
      client(100, 'x'),
      client(101, '', { ack: 5001, at: 200_100 }),
      server(5051, 'ab', { ack: 101 }),
      client(101, '', { ack: 5053 }),
    ],
    { afterRow: (_row, connections) => seen.push(connections[0]?.acknowledged(1) ?? -2) },
  );
  expect(seen).toEqual([-2, 0, 0, 2]);
});

test('no ACK seen: -1', () => {
  const { connections } = play([{ from: 0, seq: 100, data: 'x' }]);
  expect([connections[0]!.acknowledged(0), connections[0]!.acknowledged(1)]).toEqual([-1, -1]);
});

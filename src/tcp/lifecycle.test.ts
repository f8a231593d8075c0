import { expect, test } from 'vitest';
import { client, HANDSHAKE, play, type Row, segmentOf } from '../testing/tcp-play.js';
import { TcpTracker } from './tracker.js';
import type { ConnectionInfo } from './types.js';

const server = (ack: number, more: Partial<Row> = {}): Row => ({ from: 1, seq: 5001, ack, ...more });

test('facts of an ordinary connection', () => {
  const { connections, log } = play([
    ...HANDSHAKE,
    client(1, 'ab', { flags: 'F', at: 1_000 }),
    server(4, { data: 'xy', flags: 'F', at: 2_000 }),
    client(4, '', { ack: 5004 }),
  ]);
  const [connection] = connections;
  expect(log).toEqual(['0@0 ab', '1@0 xy', 'closed']);
  expect(connection!.address(0)).toBe('127.0.0.1');
  expect(connection!.port(0)).toBe(1000);
  expect(connection!.address(1)).toBe('10.0.0.1');
  expect(connection!.port(1)).toBe(6379);
  expect(connection).toMatchObject({ openedAt: 100, midstream: false });
  expect(connection).toMatchObject({ closedBy: 0, closedHow: 'fin', closedAt: 1_000 });
  expect(connection!.acknowledged(0)).toBe(2);
});

interface Close {
  by: 0 | 1 | null;
  how: 'fin' | 'rst' | null;
  at: number | null;
}

test.each<[string, Row[], string[], Close]>([
  ['never', [client(1, 'ab')], ['0@0 ab'], { by: null, how: null, at: null }],
  [
    'half closed: the other side goes on',
    [
      client(1, 'ab', { flags: 'F', at: 1_000 }),
      server(4, { data: 'x' }),
      server(4, { seq: 5002, data: 'y' }),
    ],
    ['0@0 ab', '1@0 x', '1@1 y'],
    { by: 0, how: 'fin', at: 1_000 },
  ],
  [
    'FIN before the data below it',
    [
      { from: 0, seq: 3, flags: 'F', ack: 5001, at: 1_000 },
      server(1, { flags: 'F', at: 2_000 }),
      client(1, 'ab', { at: 2_500 }),
    ],
    ['0@0 ab'],
    { by: 0, how: 'fin', at: 1_000 },
  ],
  [
    'FIN sent again',
    [client(1, 'ab', { flags: 'F', at: 1_000 }), client(1, 'ab', { flags: 'F', at: 300_000 })],
    ['0@0 ab'],
    { by: 0, how: 'fin', at: 1_000 },
  ],
  [
    'data beyond the FIN is no data',
    [client(1, 'ab', { flags: 'F', at: 1_000 }), client(3, 'cd')],
    ['0@0 ab'],
    { by: 0, how: 'fin', at: 1_000 },
  ],
  [
    'data at the position of a FIN that is still ahead is no data either',
    [{ from: 0, seq: 5, flags: 'F', ack: 5001, at: 1_000 }, client(5, 'x')],
    ['0@0 gap 4'],
    { by: 0, how: 'fin', at: 1_000 },
  ],
  [
    'RST',
    [client(1, 'ab'), server(3, { flags: 'R', at: 1_000 })],
    ['0@0 ab'],
    { by: 1, how: 'rst', at: 1_000 },
  ],
  [
    'RST flushes what is buffered',
    [client(3, 'cd', { at: 900 }), server(1, { flags: 'R', at: 1_000 })],
    ['0@0 gap 2', '0@2 cd'],
    { by: 1, how: 'rst', at: 1_000 },
  ],
  [
    'RST after a FIN',
    [client(1, 'ab', { flags: 'F', at: 1_000 }), server(4, { flags: 'R', at: 2_000 })],
    ['0@0 ab'],
    { by: 0, how: 'fin', at: 1_000 },
  ],
  [
    'data after RST',
    [server(1, { flags: 'R', at: 1_000 }), client(1, 'ab')],
    [],
    { by: 1, how: 'rst', at: 1_000 },
  ],
])('closed: %s', (_name, rows, expected, close) => {
  const { log, connections, counters } = play([...HANDSHAKE, ...rows]);
  expect(log).toEqual([...expected, 'closed']);
  const [connection] = connections;
  expect({ by: connection!.closedBy, how: connection!.closedHow, at: connection!.closedAt }).toEqual(close);
  expect(connections).toHaveLength(1);
  expect(counters.lateSegments).toBe(_name === 'data after RST' ? 1 : 0);
});

test('late retransmissions after both FINs make no new connection', () => {
  const { connections, counters, log } = play([
    ...HANDSHAKE,
    client(1, 'ab', { flags: 'F' }),
    server(4, { flags: 'F' }),
    client(4, '', { ack: 5002 }),
    client(1, 'ab', { flags: 'F', at: 300_000 }),
    server(4, { flags: 'F' }),
  ]);
  expect(connections).toHaveLength(1);
  expect(log).toEqual(['0@0 ab', 'closed']);
  expect(counters.lateSegments).toBe(1);
});

test('the last FIN with a hole before it: closed when the hole is proved', () => {
  const { log, before, times } = play([
    ...HANDSHAKE,
    { from: 0, seq: 9, flags: 'F', ack: 5001 },
    server(10, { flags: 'F', at: 1_000 }),
    client(10, '', { ack: 5002, at: 201_000 }),
  ]);
  expect(log.slice(0, before)).toEqual(['0@0 gap 8', 'closed']);
  expect(times[1]).toBe('1000/0');
});

test('a SYN answered by RST opens and closes', () => {
  const { log, connections } = play([
    { from: 0, seq: 0, flags: 'S', at: 5 },
    { from: 1, seq: 0, flags: 'R', ack: 1, at: 9 },
    { from: 1, seq: 0, flags: 'R', ack: 1, at: 19 },
  ]);
  expect(log).toEqual(['closed']);
  expect(connections[0]).toMatchObject({ openedAt: 5, closedBy: 1, closedHow: 'rst', closedAt: 9 });
});

test('a lone RST is no connection', () => {
  expect(play([{ from: 0, seq: 7, flags: 'R' }]).connections).toEqual([]);
});

test('SYN and SYN-ACK sent again are the same connection', () => {
  const { connections, log } = play([
    { from: 0, seq: 0, flags: 'S', at: 1 },
    { from: 0, seq: 0, flags: 'S', at: 1_000_000 },
    { from: 1, seq: 5000, flags: 'S', ack: 1 },
    { from: 1, seq: 5000, flags: 'S', ack: 1 },
    client(1, 'ab'),
  ]);
  expect(connections).toHaveLength(1);
  expect(connections[0]!.openedAt).toBe(1);
  expect(log).toEqual(['0@0 ab', 'closed']);
});

test('SYN with data (fast open), sent again without', () => {
  const { log } = play([
    { from: 0, seq: 0, flags: 'S', data: 'ab' },
    { from: 1, seq: 5000, flags: 'S', ack: 1 },
    client(1, 'abcd'),
  ]);
  expect(log).toEqual(['0@0 ab', '0@2 cd', 'closed']);
});

test('simultaneous open', () => {
  const { log, connections } = play([
    { from: 0, seq: 0, flags: 'S' },
    { from: 1, seq: 5000, flags: 'S' },
    { from: 0, seq: 0, flags: 'S', ack: 5001 },
    { from: 1, seq: 5000, flags: 'S', ack: 1 },
    client(1, 'ab'),
    server(3, { data: 'xy' }),
  ]);
  expect(connections).toHaveLength(1);
  expect(log).toEqual(['0@0 ab', '1@0 xy', 'closed']);
});

test('SYN not captured: the receiver of the SYN-ACK is the opener', () => {
  const { log, connections } = play([
    { from: 1, seq: 5000, flags: 'S', ack: 1 },
    server(1, { data: 'xy' }),
    client(3, 'cd'),
  ]);
  expect(connections[0]).toMatchObject({ openedAt: null, midstream: false });
  expect(connections[0]!.port(0)).toBe(1000);
  expect(log).toEqual(['1@0 xy', '0@0 gap 2', '0@2 cd', 'closed']);
});

test('SYN captured after its answer', () => {
  const { connections } = play([
    { from: 1, seq: 5000, flags: 'S', ack: 1 },
    { from: 0, seq: 0, flags: 'S', at: 777 },
  ]);
  expect(connections).toHaveLength(1);
  expect(connections[0]!.openedAt).toBe(777);
});

test('SYN-ACK not captured: the ACK of the opener tells where the other direction begins', () => {
  const { log } = play([
    { from: 0, seq: 0, flags: 'S' },
    client(1, ''),
    server(1, { seq: 5003, data: 'cd' }),
  ]);
  expect(log).toEqual(['1@0 gap 2', '1@2 cd', 'closed']);
});

test('ports used again: the old connection is closed first', () => {
  const { log, connections } = play([
    ...HANDSHAKE,
    client(1, 'ab'),
    client(5, 'ef'),
    { from: 0, seq: 90_000, flags: 'S', at: 7_000 },
    client(90_001, 'new'),
    client(7, 'old'),
  ]);
  expect(connections).toHaveLength(2);
  expect(connections[0]).toMatchObject({ closedBy: null, closedHow: null });
  expect(log.slice(0, 5)).toEqual(['0@0 ab', '0@2 gap 2', '0@4 ef', 'closed', '#2 0@0 new']);
});

test('ports used again in the other role', () => {
  const { connections, log } = play([
    ...HANDSHAKE,
    { from: 1, seq: 70_000, flags: 'S' },
    { from: 0, seq: 80_000, flags: 'S', ack: 70_001 },
    server(80_001, { seq: 70_001, data: 'hi' }),
  ]);
  expect(connections).toHaveLength(2);
  expect(connections[1]!.port(0)).toBe(6379);
  expect(log).toEqual(['closed', '#2 0@0 hi', '#2 closed']);
});

test('ports used again after a close; a SYN-ACK tells it as well when the SYN was not captured', () => {
  const { connections } = play([
    ...HANDSHAKE,
    server(1, { flags: 'R' }),
    { from: 1, seq: 99_000, flags: 'S', ack: 70_000 },
  ]);
  expect(connections).toHaveLength(2);
  expect(connections[1]!.port(0)).toBe(1000);
});

test('a connection from a socket to itself is survived', () => {
  expect(play([{ from: 0, port: 6379, seq: 1, data: 'ab' }]).log).toEqual(['0@0 ab', 'closed']);
});

test('of a connection that was released its SYN is still known, and a new one is a new connection', () => {
  const opened: ConnectionInfo[] = [];
  const tracker = new TcpTracker({
    open: (connection) => {
      opened.push(connection);
      return { data: () => {}, gap: () => {}, closed: () => connection.release() };
    },
  });
  const rows = [...HANDSHAKE, client(1, 'ab', { flags: 'F' }), server(4, { data: 'xy', flags: 'F' })];
  const again = [HANDSHAKE[0]!, HANDSHAKE[1]!, client(1, 'ab'), { ...HANDSHAKE[0]!, seq: 7_000_000 }];
  [...rows, client(4, '', { ack: 5004 }), ...again].forEach((row, index) => {
    tracker.segment(segmentOf(row, index + 1), index * 100, index + 1);
  });
  expect(opened.map(({ closedHow }) => closedHow)).toEqual(['fin', null]);
  expect(opened.map(({ openedAt }) => openedAt)).toEqual([0, 900]);
  expect(tracker.counters.lateSegments).toBe(1);
});

import { expect, test } from 'vitest';
import { HANDSHAKE, play, type Row, segmentOf } from '../testing/tcp-play.js';
import { connectionHash } from './connection-table.js';
import { MAX_CHAIN } from './limits.js';
import { TcpTracker } from './tracker.js';

const open = (port: number, more: Row[] = []): Row[] => [
  ...HANDSHAKE.map((row) => ({ ...row, port })),
  ...more.map((row) => ({ ...row, port })),
];
const data = (port: number, seq = 1): Row => ({ from: 0, port, seq, data: `p${port}`, ack: 5001 });
const reset: Row = { from: 1, seq: 5001, flags: 'R', ack: 1 };
const limits = { maxConnections: 2 };

test('full: a closed connection goes first, without loss', () => {
  const rows = [...open(1), ...open(2, [reset]), data(1), ...open(3), data(1, 3)];
  const { log, counters } = play(rows, { limits });
  expect(log.slice(0, 3)).toEqual(['#2 closed', '0@0 p1', '0@2 p1']);
  expect(counters).toMatchObject({ evicted: 0, forgotten: 1 });
});

test('full: then one that nobody reads', () => {
  const rows = [...open(1), ...open(2), data(1), ...open(3), data(1, 3)];
  const { log, counters } = play(rows, {
    limits,
    onOpen: (connection) => {
      if (connection.port(0) !== 2) return;
      connection.setWanted(0, false);
      connection.setWanted(1, false);
    },
  });
  expect(log.slice(0, 3)).toEqual(['0@0 p1', '#2 closed', '0@2 p1']);
  expect(counters).toMatchObject({ evicted: 0, forgotten: 1 });
});

test('full: then one that has said nothing, without loss: a flood of SYNs pushes out its own', () => {
  const rows = [...open(1, [data(1)]), ...open(2), ...open(3), ...open(4), data(1, 3)];
  const { log, counters } = play(rows, { limits });
  expect(log.slice(0, 4)).toEqual(['0@0 p1', '#2 closed', '#3 closed', '0@2 p1']);
  expect(counters).toMatchObject({ evicted: 0, forgotten: 2 });
});

test('full: then the longest unused', () => {
  const rows = [...open(1, [data(1)]), ...open(2, [data(2)]), data(1, 3), ...open(3, [data(3)]), ...open(4)];
  const { log, before, counters } = play(rows, { limits });
  expect(log.slice(0, before)).toEqual(['0@0 p1', '#2 0@0 p2', '0@2 p1', '#2 closed', '#3 0@0 p3', 'closed']);
  expect(counters).toMatchObject({ evicted: 2, forgotten: 0 });
});

test('full: a kept one, however long unused, stays as long as there are others', () => {
  const others = [2, 3, 4, 5].flatMap((port) => open(port, [data(port)]));
  const { log, counters } = play([...open(1, [data(1)]), ...others, data(1, 3)], {
    limits,
    onOpen: (connection) => connection.keep(connection.port(0) === 1),
  });
  expect(log.filter((line) => !line.startsWith('#'))).toEqual(['0@0 p1', '0@2 p1', 'closed']);
  expect(counters).toMatchObject({ evicted: 3, forgotten: 0 });
});

test('an evicted connection delivers what it has buffered', () => {
  const rows = [...open(1, [data(1, 5)]), ...open(2, [data(2)]), ...open(3)];
  const { log, before } = play(rows, { limits });
  expect(log.slice(0, before)).toEqual(['#2 0@0 p2', '0@0 gap 4', '0@4 p1', 'closed']);
});

test('many connections at once are told apart, also after the table has grown', () => {
  const ports = Array.from({ length: 20_000 }, (_, i) => i + 10_000);
  const received = new Map<number, number>();
  const tracker = new TcpTracker({
    open: (connection) => ({
      data: (direction, _bytes, start, end) => {
        const port = connection.port(direction === 0 ? 0 : 1);
        received.set(port, (received.get(port) ?? 0) + (end - start));
      },
      gap: () => expect.fail('no gap'),
      closed: () => {},
    }),
  });
  for (const seq of [10, 12, 14]) {
    for (const port of ports) {
      const segment = segmentOf({ from: 0, port, seq, data: 'ab' });
      segment.destinationPort = 7;
      tracker.segment(segment, seq, 1);
    }
  }
  tracker.finish(20);
  expect(received.size).toBe(20_000);
  expect(new Set(received.values())).toEqual(new Set([6]));
  expect(tracker.counters).toMatchObject({ connections: 20_000, evicted: 0 });
});

test('connections chosen to share one hash bucket are bounded', () => {
  const tracker = new TcpTracker({ open: () => ({ data: () => {}, gap: () => {}, closed: () => {} }) });
  const segment = segmentOf({ from: 0, seq: 1, data: 'a' });
  for (let address = 0, made = 0; made < 200; address++) {
    segment.source3 = address;
    if ((connectionHash(segment) & 1023) !== 0) continue;
    tracker.segment(segment, made, ++made);
  }
  tracker.finish(200);
  expect(tracker.counters).toMatchObject({ connections: 200, evicted: 200 - MAX_CHAIN });
});

import { expect, test } from 'vitest';
import { client, HANDSHAKE, type PlayOptions, play, type Row } from '../testing/tcp-play.js';

/** Turns direction 0 off and on again after the given rows of the test (the handshake not counted). */
function switching(off: number, on: number): PlayOptions {
  return {
    afterRow: (index, connections, checkers) => {
      const row = index - HANDSHAKE.length;
      if (row === off) connections[0]!.setWanted(0, false);
      if (row !== on) return;
      connections[0]!.setWanted(0, true);
      checkers[0]!.jumpAllowed[0] = true;
    },
  };
}

test('what passes while unwanted is neither delivered nor a gap; positions go on', () => {
  const rows = [client(1, 'ab'), client(3, 'cd'), client(5, 'ef'), client(7, 'gh')];
  const { log, connections } = play([...HANDSHAKE, ...rows], switching(0, 2));
  expect(log).toEqual(['0@0 ab', '0@6 gh', 'closed']);
  expect(connections[0]!.loss(0).gaps).toBe(0);
});

test('a segment missing at the resumption is no gap either', () => {
  const rows = [client(1, 'ab'), client(3, 'cd'), client(7, 'gh'), client(9, 'i')];
  expect(play([...HANDSHAKE, ...rows], switching(0, 1)).log).toEqual(['0@0 ab', '0@6 gh', '0@8 i', 'closed']);
});

test('old data does not resume', () => {
  const rows = [client(1, 'ab'), client(3, 'cd'), client(3, 'cd'), client(4, 'dE')];
  expect(play([...HANDSHAKE, ...rows], switching(0, 1)).log).toEqual(['0@0 ab', '0@4 E', 'closed']);
});

test('unwanted from the beginning', () => {
  const { log } = play([...HANDSHAKE, client(1, 'ab'), client(9, 'ij')], {
    onOpen: (connection) => connection.setWanted(0, false),
  });
  expect(log).toEqual(['closed']);
});

test('ACK bookkeeping and close go on while unwanted', () => {
  const { log, before, connections } = play(
    [
      ...HANDSHAKE,
      client(1, 'ab'),
      { from: 1, seq: 5001, ack: 3, data: 'x' },
      client(3, 'cd', { flags: 'F', at: 9_000 }),
      { from: 1, seq: 5002, ack: 6, flags: 'F' },
    ],
    {
      onOpen: (connection) => {
        connection.setWanted(0, false);
        connection.setWanted(1, false);
      },
    },
  );
  expect(log.slice(0, before)).toEqual(['closed']);
  expect(connections[0]!.acknowledged(0)).toBe(4);
  expect(connections[0]).toMatchObject({ closedBy: 0, closedHow: 'fin', closedAt: 9_000 });
});

test('turned off from inside a callback: buffered data behind it is dropped', () => {
  const rows = [client(3, 'cd'), client(5, 'ef'), client(1, 'ab'), client(7, 'gh')];
  const { log } = play([...HANDSHAKE, ...rows], {
    onData: (connection, _direction, position) => {
      if (position === 2) connection.setWanted(0, false);
    },
  });
  expect(log).toEqual(['0@0 ab', '0@2 cd', 'closed']);
});

test('turned off and on from inside a callback', () => {
  const rows = [client(3, 'cd'), client(5, 'ef'), client(1, 'ab'), client(7, 'gh')];
  const { log } = play([...HANDSHAKE, ...rows], {
    onData: (connection, _direction, position, checker) => {
      if (position !== 0) return;
      connection.setWanted(0, false);
      connection.setWanted(0, true);
      checker.jumpAllowed[0] = true;
    },
  });
  expect(log).toEqual(['0@0 ab', '0@6 gh', 'closed']);
});

test('turned off in the captured part of a snapped segment: no gap follows', () => {
  const { log } = play([...HANDSHAKE, client(1, 'abcd', { snap: 2 }), client(5, 'ef')], {
    onData: (connection) => connection.setWanted(0, false),
  });
  expect(log).toEqual(['0@0 ab', 'closed']);
});

test('the other direction turned off from inside a callback', () => {
  const rows: Row[] = [
    { from: 1, seq: 5003, data: 'CD', ack: 1 },
    client(1, 'ab'),
    { from: 1, seq: 5001, data: 'AB', ack: 3 },
  ];
  const { log } = play([...HANDSHAKE, ...rows], { onData: (connection) => connection.setWanted(1, false) });
  expect(log).toEqual(['0@0 ab', 'closed']);
});

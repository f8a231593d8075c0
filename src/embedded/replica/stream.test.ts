import { describe, expect, it } from 'vitest';
import { LinkStage, REPLID } from '../../testing/link-stage.js';
import { encodeRequest } from '../wire/encode-request.js';
import type { ReplicaSettings } from './host.js';
import { StreamApplier } from './stream-applier.js';

const GETACK = encodeRequest(['REPLCONF', 'GETACK', '*']);

/** Requests, each as words between blanks, as bytes. */
function stream(...requests: string[]): Buffer {
  return Buffer.concat(requests.map((request) => encodeRequest(request.split(' '))));
}

/** A stage whose link is online at offset 1000. */
function online(settings: Partial<ReplicaSettings> = {}): LinkStage {
  const stage = new LinkStage(settings, [[/^PSYNC/, `+FULLRESYNC ${REPLID} 1000\r\n$5\r\nREDIS`]]);
  stage.link.start();
  stage.run(1_500);
  expect(stage.link.state).toBe('online');
  return stage;
}

describe('stream', () => {
  const TALK = ['SELECT 0', 'SET a 1', 'MULTI', 'SET b 2', 'DEL a', 'EXEC', 'ping', 'SET c 3'];

  it('counts and applies every command, with its bytes as they came', () => {
    const stage = online();
    const bytes = Buffer.concat([
      stream('SELECT 0'),
      Buffer.from('select 1\r\n\nSET "a" 1\r\n'),
      stream('PING'),
    ]);
    stage.connection.say(bytes);
    stage.run(1);
    expect(stage.host.applied).toEqual(['SELECT 0', 'select 1', 'SET a 1', 'PING']);
    expect(Buffer.concat(stage.host.raw).equals(bytes)).toBe(true);
    expect(stage.host.offset).toBe(1000 + bytes.length);
  });

  it('cut at every byte, comes to the same; an offset never stands inside a transaction', () => {
    const bytes = stream(...TALK);
    const boundaries = new Set<number>();
    for (let i = 0; i <= TALK.length; i++)
      if (i < 3 || i > 5) boundaries.add(1000 + stream(...TALK.slice(0, i)).length);
    for (let cut = 1; cut < bytes.length; cut++) {
      const stage = online();
      stage.connection.say(bytes.subarray(0, cut));
      stage.run(1);
      expect(boundaries).toContain(stage.host.offset);
      expect(1000 + cut - stage.host.offset).toBeLessThan(stream(...TALK.slice(2, 6)).length);
      stage.connection.say(bytes.subarray(cut));
      stage.run(1);
      expect(stage.host.applied).toEqual(TALK);
      expect(stage.host.offset).toBe(1000 + bytes.length);
    }
  });

  it('is asked for again from before a transaction that was cut', () => {
    const stage = online();
    stage.connection.say(stream('SET a 1', 'MULTI', 'SET b 2'));
    stage.run(1);
    const offset = 1000 + stream('SET a 1').length;
    expect(stage.host.applied).toEqual(['SET a 1']);
    stage.answers = [[/^PSYNC/, `+CONTINUE ${REPLID}\r\n`]];
    stage.connection.close('rst');
    stage.run(10);
    expect(stage.requests.at(-1)).toBe(`PSYNC ${REPLID} ${offset + 1}`);
    stage.connection.say(stream('MULTI', 'SET b 2', 'EXEC'));
    stage.run(1);
    expect(stage.host.applied).toEqual(['SET a 1', 'MULTI', 'SET b 2', 'EXEC']);
    expect(stage.host.offset).toBe(1000 + stream('SET a 1', 'MULTI', 'SET b 2', 'EXEC').length);
  });

  it('up to 3.2 goes on behind the bytes read, in the middle of a command', () => {
    const stage = online({ style: 'redis-3.2' });
    const bytes = stream('SET a 1', 'MULTI', 'SET b 2', 'EXEC', 'SET c 3');
    const read = stream('SET a 1', 'MULTI', 'SET b 2').length + 3;
    stage.connection.say(bytes.subarray(0, read));
    stage.run(1_000);
    expect(stage.host.applied).toEqual(['SET a 1']);
    expect(stage.connection.acks.at(-1)?.offset).toBe(1000 + read);
    stage.answers = [[/^PSYNC/, '+CONTINUE\r\n']];
    stage.connection.close();
    stage.run(1_000);
    expect(stage.requests.at(-1)).toBe(`PSYNC ${REPLID} ${1000 + read + 1}`);
    stage.connection.say(bytes.subarray(read));
    stage.run(1_000);
    expect(stage.host.applied).toEqual(['SET a 1', 'MULTI', 'SET b 2', 'EXEC', 'SET c 3']);
    expect(stage.host.continuations).toEqual([null]);
    expect(stage.connection.acks.at(-1)?.offset).toBe(1000 + bytes.length);
  });

  it.each([
    ['*1\r\n+OK\r\n', "protocol error: expected '$', got '+'"],
    ['*1\r\n$99999999999\r\n', 'protocol error: invalid bulk length'],
  ])('%j ends the link, and what it held is not asked for again', (bytes, reason) => {
    const stage = online();
    stage.connection.say(Buffer.concat([stream('SET a 1'), Buffer.from(bytes), stream('SET b 2')]));
    stage.run(10);
    expect(stage.host.applied).toEqual(['SET a 1']);
    expect(stage.facts('closed')).toMatchObject([{ by: 'replica', reason }]);
    expect(stage.requests.at(-1)).toBe('PSYNC ? -1');
  });

  it('nothing but ACKs is ever sent in answer', () => {
    const stage = online();
    const before = stage.connection.text.length;
    stage.connection.say(stream('SET a 1', 'GET a', 'PING', 'NOSUCH x', 'REPLCONF ACK 3'));
    stage.run(300);
    expect(stage.connection.text.length).toBe(before);
  });

  it('ends at once when the host stops the link out of a command', () => {
    const stage = online();
    stage.host.onApply = ([name]) => {
      if (name === 'STOP') stage.link.stop('fin');
    };
    stage.connection.say(stream('SET a 1', 'STOP', 'SET b 2'));
    stage.run(5_000);
    expect(stage.host.applied).toEqual(['SET a 1', 'STOP']);
    expect(stage.link.state).toBe('down');
    expect(stage.connection.closedHow).toBe('fin');
    expect(stage.connections).toHaveLength(1);
  });

  it('gives a transaction without end up', () => {
    const told: string[] = [];
    const applier = new StreamApplier(
      { apply: () => told.push('applied'), acknowledge: () => {}, broken: (reason) => told.push(reason) },
      false,
    );
    applier.feed(stream('MULTI'));
    const write = stream(`SET k ${'x'.repeat(8 * 1024 * 1024)}`);
    for (let i = 0; i < 10; i++) applier.feed(write);
    expect(told).toEqual(['a transaction of more than 67108864 bytes']);
  });
});

describe('GETACK', () => {
  const SET = stream('SET a 1');

  it.each([
    ['redis-4.0', 0],
    ['redis-7.2', 0],
    ['valkey-8.0', 0],
    ['redis-3.2', GETACK.length + SET.length],
    ['redis-2.8', GETACK.length + SET.length],
  ] as const)(
    '%s answers at once, and counts %i bytes of its own segment from GETACK on',
    (style, counted) => {
      const stage = online({ style });
      const before = stage.connection.acks.length;
      stage.connection.say(Buffer.concat([SET, GETACK, SET]));
      stage.run(1);
      const answers = stage.connection.acks.slice(before).map(({ offset }) => offset);
      expect(answers).toEqual([1000 + SET.length + counted]);
      expect(stage.host.offset).toBe(1000 + 2 * SET.length + GETACK.length);
    },
  );

  it('is heard in small letters, and in pieces', () => {
    const stage = online();
    const before = stage.connection.acks.length;
    for (const byte of stream('replconf getack *')) {
      stage.connection.say(Uint8Array.of(byte));
      stage.run(1);
    }
    expect(stage.connection.acks.slice(before).map(({ offset }) => offset)).toEqual([1000]);
  });
});

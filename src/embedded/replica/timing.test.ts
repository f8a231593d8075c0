import { describe, expect, it } from 'vitest';
import { LinkStage, REPLID } from '../../testing/link-stage.js';
import { SECOND } from '../net/clock.js';
import { encodeRequest } from '../wire/encode-request.js';
import type { HandshakeStyle, ReplicaSettings } from './host.js';

const MARK = 'f'.repeat(40);
const BY_LENGTH = `+FULLRESYNC ${REPLID} 1000\r\n$5\r\nREDIS`;
const BY_MARK = `+FULLRESYNC ${REPLID} 1000\r\n$EOF:${MARK}\r\nREDIS${MARK}`;
const CONTINUE = `+CONTINUE ${REPLID}\r\n`;
const SET = encodeRequest(['SET', 'a', '1']);

/** A started link with a master that answers PSYNC so. */
function started(settings: Partial<ReplicaSettings>, answer: string | null = BY_LENGTH): LinkStage {
  const stage = new LinkStage(settings, [[/^PSYNC/, answer]]);
  stage.link.start();
  return stage;
}

/** Times at which the master accepted a connection, ms. */
function connects(stage: LinkStage): number[] {
  return stage.connections.map(({ openedAt }) => Math.round(openedAt / 1000));
}

describe('ACKs', () => {
  const first: [HandshakeStyle, string, number][] = [
    ['redis-2.8', BY_LENGTH, 2_000],
    ['redis-4.0', BY_MARK, 2_000],
    ['redis-5.0', BY_LENGTH, 2_000],
    ['redis-6.2', BY_LENGTH, 1_000],
    ['redis-6.2', BY_MARK, 302],
    ['redis-7.2', BY_LENGTH, 1_000],
    ['redis-7.2', BY_MARK, 302],
    ['valkey-8.0', BY_LENGTH, 302],
  ];
  it.each(first)('%s after %.60s: first %i ms after the start, then each second', (style, answer, ms) => {
    const stage = started({ style, loadTime: 300_000 }, answer).run(4_500);
    const times = stage.connection.acks.map((ack) => ack.ms);
    expect(times[0]).toBeGreaterThanOrEqual(ms - 2);
    expect(times[0]).toBeLessThanOrEqual(ms + 2);
    expect(times.slice(-3)).toEqual([2_000, 3_000, 4_000]);
    expect(new Set(stage.connection.acks.map(({ offset }) => offset))).toEqual(new Set([1000]));
    expect(stage.facts('ack').map(({ offset }) => offset)).toEqual(times.map(() => 1000));
  });

  it('tell the offset applied', () => {
    const stage = started({}).run(1_500);
    stage.connection.say(SET);
    stage.run(1_000);
    stage.connection.say(Buffer.concat([encodeRequest(['MULTI']), SET]));
    stage.run(1_000);
    expect(stage.connection.acks.map(({ offset }) => offset)).toEqual([
      1000,
      1000 + SET.length,
      1000 + SET.length,
    ]);
  });

  it('come in the period that is set', () => {
    const stage = started({ ackPeriod: 250_000 }).run(1_100);
    expect(stage.connection.acks.map(({ ms }) => ms)).toEqual([250, 500, 750, 1000]);
  });

  it('miscount by the error that is set, as the next request does', () => {
    const stage = started({});
    stage.link.offsetError = -7;
    stage.run(1_500);
    expect(stage.connection.acks.map(({ offset }) => offset)).toEqual([993]);
    stage.connection.close();
    stage.run(10);
    expect(stage.requests.at(-1)).toBe(`PSYNC ${REPLID} 994`);
  });
});

describe('newlines to the master', () => {
  const newlines = (stage: LinkStage): number[] =>
    stage.connection.received.filter(({ text }) => text === '\n').map(({ time }) => Math.round(time / 1_000));

  it('come each second of a long load, and no time runs out meanwhile', () => {
    const stage = started({ loadTime: 3_500_000, timeout: SECOND }).run(5_000);
    expect(newlines(stage)).toEqual([1_001, 2_001, 3_001]);
    expect(connects(stage)).toHaveLength(1);
  });

  it('come when old data is flushed', () => {
    const stage = new LinkStage({ loadTime: 1_500_000 }, [[/^PSYNC/, BY_LENGTH]]);
    stage.host.history = { replid: 'e'.repeat(40), offset: 5 };
    stage.link.start();
    stage.run(3_000);
    expect(newlines(stage)).toEqual([1, 1_001]);
  });

  it('end with a load that is cut short', () => {
    const stage = started({ loadTime: 3_500_000 }).run(500);
    stage.link.stop('rst');
    stage.run(5_000);
    expect(newlines(stage)).toEqual([]);
    expect(stage.host.payloads).toEqual([]);
    expect(stage.connection.closedHow).toBe('rst');
  });
});

describe('reconnecting', () => {
  const losses: [HandshakeStyle, number[]][] = [
    ['redis-2.8', [1_000, 3_000]],
    ['redis-5.0', [1_000, 3_000]],
    ['redis-6.2', [0, 2_301]],
    ['valkey-8.1', [0, 2_301]],
  ];
  it.each(losses)('%s: connects, and after a loss at 2.3 s', (style, times) => {
    const stage = started({ style }).run(2_300);
    stage.connection.close();
    stage.run(1_000);
    expect(connects(stage)).toEqual(times);
    expect(stage.facts('closed')).toMatchObject([{ by: 'master', how: 'fin' }]);
  });

  it('after a refused connect, with each tick', () => {
    const stage = started({}, CONTINUE);
    stage.stopListening();
    stage.run(3_900);
    expect(stage.facts('closed').map(({ how }) => how)).toEqual(['refused', 'refused', 'refused', 'refused']);
    expect(stage.host.states).toEqual(Array.from({ length: 4 }, () => ['connecting', 'down']).flat());
    stage.listen();
    stage.run(200);
    expect(connects(stage)).toEqual([4_000]);
  });

  it('after a close before any answer, with the next tick', () => {
    const stage = started({}, null).run(400);
    stage.connection.close();
    stage.run(500);
    expect(connects(stage)).toEqual([0]);
    stage.run(200);
    expect(connects(stage)).toEqual([0, 1_000]);
  });

  it('asks for what follows the last byte applied', () => {
    const stage = started({}).run(500);
    stage.connection.say(SET);
    stage.run(10);
    stage.answers = [[/^PSYNC/, CONTINUE]];
    stage.connection.close('rst');
    stage.run(10);
    expect(stage.requests.filter((request) => request.startsWith('PSYNC'))).toEqual([
      'PSYNC ? -1',
      `PSYNC ${REPLID} ${1000 + SET.length + 1}`,
    ]);
    expect(stage.link.state).toBe('online');
  });

  it('not at all once stopped, nor after a stop from within a change of state', () => {
    const stage = started({}).run(500);
    stage.host.onState = (state) => {
      if (state === 'down') stage.link.stop('fin');
    };
    stage.connection.close();
    stage.run(5_000);
    expect(connects(stage)).toEqual([0]);
    expect(stage.clock.idle).toBe(true);
  });

  it('a refused password makes a loop of one connect per second, a missing one of many', () => {
    const noauth = '-NOAUTH Authentication required.\r\n';
    const wrong = new LinkStage({ masterAuth: 'x' }, [[/^AUTH/, '-WRONGPASS no\r\n']]);
    wrong.link.start();
    wrong.run(3_500);
    expect(connects(wrong)).toEqual([0, 1_000, 2_000, 3_000]);
    const missing = new LinkStage({ style: 'redis-6.2' }, [[/./, noauth]]);
    missing.link.start();
    missing.run(100);
    // As the capture 07-auth of 6.2 shows: each ends in an error to SYNC, and the next follows at once.
    expect(connects(missing).length).toBeGreaterThan(50);
    expect(missing.connections[0]?.text).toMatch(/SYNC\r\n$/);
  });
});

describe('timeout', () => {
  it('ends a link without a byte, a second too late at most', () => {
    const stage = started({ timeout: 5 * SECOND, ackPeriod: 100 * SECOND }).run(500);
    stage.answers = [[/^PSYNC/, CONTINUE]];
    stage.run(3_000);
    stage.connection.say('\n');
    stage.run(5_400);
    expect(stage.connection.closedHow).toBe(null);
    stage.run(800);
    expect(stage.connections[0]?.closedHow).toBe('fin');
    expect(stage.facts('closed')).toMatchObject([{ by: 'replica', reason: 'timeout' }]);
    expect(connects(stage)).toEqual([0, 9_001]);
  });

  it.each([
    ['the handshake', /^PING/],
    ['waiting for the answer', /^PSYNC/],
  ])('ends %s', (_, request) => {
    const stage = new LinkStage({ style: 'redis-5.0', timeout: 3 * SECOND }, [[request, null]]);
    stage.link.start();
    stage.run(6_500);
    expect(stage.facts('closed')).toMatchObject([{ by: 'replica', reason: 'timeout' }]);
    expect(connects(stage)).toEqual([1_000, 6_000]);
  });
});

describe('hidden faults', () => {
  it('frozen: no ACK and no reading until it thaws, then all at once', () => {
    const stage = started({}).run(1_500);
    stage.link.pauseReading();
    stage.connection.say(SET);
    stage.run(10_000);
    expect(stage.host.applied).toEqual([]);
    expect(stage.connection.acks.map(({ ms }) => ms)).toEqual([1_000]);
    stage.link.resumeReading();
    stage.run(2_000);
    expect(stage.host.applied).toEqual(['SET a 1']);
    expect(stage.connection.acks.map(({ offset }) => offset)).toEqual([
      1000,
      ...Array(2).fill(1000 + SET.length),
    ]);
    expect(stage.connection.acks[1]?.ms).toBe(11_510);
  });

  it('frozen beyond the timeout, with bytes waiting, keeps its link', () => {
    const stage = started({ timeout: 5 * SECOND }).run(1_500);
    stage.link.pauseReading();
    stage.run(1_000);
    stage.connection.say(SET);
    stage.run(20_000);
    stage.link.resumeReading();
    stage.run(500);
    expect(stage.link.state).toBe('online');
    expect(connects(stage)).toHaveLength(1);
  });

  it('frozen while the master gives up: reconnects when it thaws', () => {
    const stage = started({}).run(1_500);
    stage.link.pauseReading();
    stage.run(1_000);
    stage.connection.say(SET);
    stage.connection.close();
    stage.run(3_000);
    expect(connects(stage)).toEqual([0]);
    stage.answers = [[/^PSYNC/, CONTINUE]];
    stage.link.resumeReading();
    stage.run(100);
    expect(connects(stage)).toEqual([0, 5_511]);
    // What the kernel had taken was read before the close was.
    expect(stage.requests.at(-1)).toBe(`PSYNC ${REPLID} ${1000 + SET.length + 1}`);
  });

  it('frozen while it connects, and frozen again before it thawed', () => {
    const stage = started({});
    stage.link.pauseReading();
    stage.run(2_000);
    expect(stage.requests).toEqual([]);
    stage.link.resumeReading();
    stage.run(5);
    stage.link.pauseReading();
    stage.run(1_000);
    expect(stage.requests).toEqual([]);
    stage.link.resumeReading();
    stage.run(100);
    expect(stage.link.state).toBe('online');
  });

  it('stalled: ACKs go on with the old offset, and a GETACK waits', () => {
    const stage = started({}).run(1_500);
    stage.link.stall(true);
    stage.connection.say(Buffer.concat([SET, encodeRequest(['REPLCONF', 'GETACK', '*'])]));
    stage.run(3_000);
    expect(stage.connection.acks.map(({ offset }) => offset)).toEqual([1000, 1000, 1000, 1000]);
    expect(stage.host.applied).toEqual([]);
    stage.link.stall(false);
    stage.run(1);
    expect(stage.host.applied).toHaveLength(2);
    expect(stage.connection.acks.at(-1)?.offset).toBe(1000 + SET.length);
  });

  it('stalled through a reconnect: what was not applied is asked for again', () => {
    const stage = started({}).run(1_500);
    stage.link.stall(true);
    stage.connection.say(SET);
    stage.run(10);
    stage.answers = [[/^PSYNC/, CONTINUE]];
    stage.connection.close();
    stage.run(10);
    expect(stage.requests.at(-1)).toBe(`PSYNC ${REPLID} 1001`);
    stage.connection.say(SET);
    stage.link.stall(false);
    stage.run(10);
    expect(stage.host.applied).toEqual(['SET a 1']);
  });

  it('stalled for long: it stops reading, and so the master cannot send', () => {
    const stage = started({}).run(500);
    stage.link.stall(true);
    const write = encodeRequest(['SET', 'k', 'x'.repeat(8 * 1024 * 1024)]);
    for (let i = 0; i < 12; i++) stage.connection.say(write);
    stage.run(5_000);
    expect(stage.connection.unsent).toBeGreaterThan(2 * write.length);
    stage.link.stall(false);
    stage.run(5_000);
    expect(stage.host.offset).toBe(1000 + 12 * write.length);
  });
});

import { describe, expect, test } from 'vitest';
import { MILLISECOND, SECOND } from './clock.js';
import type { Channel, ChannelHandler, CloseReason, Endpoint } from './network.js';
import { SimulatedClock } from './simulated-clock.js';
import { SimulatedNetwork, type SimulatedNetworkOptions } from './simulated-network.js';

const SERVER: Endpoint = { host: '10.0.0.1', port: 6379 };
const CLIENT = '10.0.0.2';

/** Notes what each handler is told, with the time. */
function stage(options: SimulatedNetworkOptions = {}) {
  const clock = new SimulatedClock();
  const network = new SimulatedNetwork(clock, options);
  const notes: string[] = [];
  const counts = new Map<string, number>();
  const channels: Channel[] = [];
  const handler = (who: string): ChannelHandler => ({
    opened: () => notes.push(`${clock.now()} ${who} opened`),
    data(bytes) {
      counts.set(who, (counts.get(who) ?? 0) + bytes.length);
      notes.push(`${clock.now()} ${who} ${bytes.length > 20 ? bytes.length : Buffer.from(bytes)}`);
    },
    closed: (reason: CloseReason) => notes.push(`${clock.now()} ${who} closed ${reason}`),
  });
  const listen = (endpoint = SERVER) =>
    network.listen(
      endpoint,
      (channel) => {
        channels.push(channel);
        return handler('server');
      },
      () => {},
    );
  listen();
  const connect = (from = CLIENT, to = SERVER) => network.connect(from, to, handler('client'));
  const count = (who: string) => counts.get(who) ?? 0;
  return { clock, network, notes, channels, listen, connect, count, taken: () => notes.splice(0) };
}

const text = (words: string) => Buffer.from(words);

test('everything takes the latency, a connect two ways of it', () => {
  const { clock, connect, channels, notes } = stage({ latency: 100 });
  const client = connect();
  client.write(text('hello'));
  clock.runUntil(1000);
  channels[0]!.write(text('answer'));
  channels[0]!.end();
  clock.runUntil(2000);
  expect(notes).toEqual([
    '200 client opened',
    '300 server opened',
    '300 server hello',
    '1100 client answer',
    '1100 client closed fin',
  ]);
  expect(clock.idle).toBe(true);
});

test('a refusal takes a round trip', () => {
  const { clock, connect, notes } = stage({ latency: 250 });
  connect(CLIENT, { host: '10.0.0.9', port: 1 });
  clock.runUntil(SECOND);
  expect(notes).toEqual(['500 client closed refused']);
});

test('ports of a host go up from 40000 and are not shared', () => {
  const { connect } = stage();
  expect([connect(), connect(), connect('10.0.0.3')].map((channel) => channel.local.port)).toEqual([
    40_000, 40_001, 40_000,
  ]);
});

test('bandwidth spreads what is written; each way has its own', () => {
  const { clock, network, connect, channels, count } = stage({ latency: 0 });
  network.setPath(SERVER.host, CLIENT, { bandwidth: 1_000_000 });
  const client = connect();
  client.write(Buffer.alloc(1_000_000));
  clock.runUntil(1000);
  expect(count('server')).toBe(1_000_000);
  channels[0]!.write(Buffer.alloc(1_000_000));
  for (let tenth = 1; tenth < 10; tenth++) {
    clock.runUntil(1000 + tenth * 100 * MILLISECOND);
    expect(Math.abs(count('client') - tenth * 100_000)).toBeLessThan(20_000);
  }
  clock.runUntil(SECOND + 1100);
  expect(count('client')).toBe(1_000_000);
});

test('a path that becomes faster reorders nothing', () => {
  const { clock, network, connect, channels, taken } = stage({ latency: 50 * MILLISECOND });
  connect();
  clock.runUntil(SECOND);
  taken();
  channels[0]!.write(text('slow'));
  clock.runUntil(SECOND + 1);
  network.setPath(SERVER.host, CLIENT, { latency: 10 });
  channels[0]!.write(text('fast'));
  clock.runUntil(2 * SECOND);
  expect(taken()).toEqual(['1050000 client slow', '1050000 client fast']);
  channels[0]!.write(text('fast'));
  clock.runUntil(3 * SECOND);
  expect(taken()).toEqual(['2000010 client fast']);
});

describe('a paused reader', () => {
  test('takes the receive window; exactly the rest is unsent', () => {
    const { clock, connect, channels, count } = stage({ receiveWindow: 50_000 });
    const client = connect();
    clock.runUntil(1000);
    channels[0]!.pause();
    client.write(Buffer.alloc(60_000));
    client.write(Buffer.alloc(40_000));
    clock.runUntil(SECOND);
    expect(client.unsent).toBe(50_000);
    expect(count('server')).toBe(0);
    channels[0]!.resume();
    clock.runUntil(2 * SECOND);
    expect(client.unsent).toBe(0);
    expect(count('server')).toBe(100_000);
  });

  test('hears of the end when it reads again, after the data', () => {
    const { clock, connect, channels, taken } = stage();
    const client = connect();
    clock.runUntil(1000);
    taken();
    channels[0]!.pause();
    client.write(text('last words'));
    client.end();
    clock.runUntil(2000);
    expect(taken()).toEqual([]);
    channels[0]!.resume();
    // Again paused before it came to reading.
    channels[0]!.pause();
    clock.runUntil(3000);
    expect(taken()).toEqual([]);
    channels[0]!.resume();
    clock.runUntil(4000);
    expect(taken()).toEqual(['3000 server last words', '3000 server closed fin']);
    expect(clock.idle).toBe(true);
  });
});

test('what a peer that closed has not read is dropped', () => {
  const { clock, connect, channels, taken } = stage({ receiveWindow: 1000 });
  const client = connect();
  clock.runUntil(1000);
  client.pause();
  channels[0]!.write(Buffer.alloc(1_000_000));
  clock.runUntil(2000);
  expect(channels[0]!.unsent).toBe(999_000);
  taken();
  client.end();
  clock.runUntil(2101);
  expect(taken()).toEqual(['2100 server closed fin']);
  expect(channels[0]!.unsent).toBe(0);
});

describe('a partition', () => {
  test('bytes wait and arrive in order after the healing, closes too', () => {
    const { clock, network, connect, channels, taken } = stage({ latency: 100 });
    const client = connect();
    clock.runUntil(1000);
    taken();
    client.write(text('under way '));
    clock.runUntil(1050);
    network.partition(CLIENT, SERVER.host);
    client.write(text('cut '));
    channels[0]!.write(text('other way'));
    clock.runUntil(10_000);
    client.write(text('late '));
    client.end();
    clock.runUntil(20_000);
    expect(taken()).toEqual([]);
    network.heal(SERVER.host, CLIENT);
    clock.runUntil(30_000);
    expect(taken()).toEqual([
      '20100 server under way ',
      '20100 server cut ',
      '20100 server late ',
      '20100 server closed fin',
    ]);
    expect(clock.idle).toBe(true);
  });

  test('what is sent around the healing keeps its place', () => {
    const { clock, network, connect, channels, taken } = stage({ latency: 100 });
    const client = connect();
    clock.runUntil(1000);
    taken();
    network.partition(CLIENT, SERVER.host);
    for (let i = 0; i < 9; i++) {
      client.write(text(`${i}`));
      clock.runUntil(1030 + 30 * i);
      if (i === 4) network.heal(CLIENT, SERVER.host);
    }
    clock.runUntil(3000);
    const got = taken();
    expect(got.map((note) => note.at(-1)).join('')).toBe('012345678');
    expect(got[0]).toBe('1250 server 0');
    channels[0]!.write(text('x'));
    clock.runUntil(4000);
    expect(taken()).toEqual(['3100 client x']);
  });

  test('others are not touched, and a connect waits', () => {
    const { clock, network, connect, taken } = stage({ latency: 100 });
    network.partition(CLIENT, SERVER.host);
    connect();
    connect('10.0.0.3');
    clock.runUntil(1000);
    expect(taken()).toEqual(['200 client opened', '300 server opened']);
    network.heal(CLIENT, SERVER.host);
    clock.runUntil(2000);
    expect(taken()).toEqual(['1200 client opened', '1300 server opened']);
  });

  test('cut again while healing', () => {
    const { clock, network, connect, taken } = stage({ latency: 100 });
    const client = connect();
    clock.runUntil(1000);
    taken();
    network.partition(CLIENT, SERVER.host);
    client.write(text('a'));
    clock.runUntil(2000);
    network.heal(CLIENT, SERVER.host);
    clock.runUntil(2050);
    network.partition(CLIENT, SERVER.host);
    clock.runUntil(5000);
    expect(taken()).toEqual([]);
    network.heal(CLIENT, SERVER.host);
    clock.runUntil(6000);
    expect(taken()).toEqual(['5100 server a']);
  });
});

describe('a crash', () => {
  test("rst: the peers are told, the host's own handlers are not, connects are refused until it is back", () => {
    const { clock, network, connect, listen, taken } = stage({ latency: 100 });
    connect();
    connect('10.0.0.3');
    clock.runUntil(1000);
    taken();
    network.crash(SERVER.host, 'rst');
    clock.runUntil(2000);
    expect(taken()).toEqual(['1100 client closed rst', '1100 client closed rst']);
    connect();
    clock.runUntil(3000);
    expect(taken()).toEqual(['2200 client closed refused']);
    listen();
    connect();
    clock.runUntil(4000);
    expect(taken()).toEqual(['3200 client opened', '3300 server opened']);
  });

  test('silence: nobody hears anything, and writes pile up', () => {
    const { clock, network, connect, taken } = stage({ receiveWindow: 1000 });
    const client = connect();
    clock.runUntil(1000);
    taken();
    network.crash(SERVER.host, 'silence');
    client.write(Buffer.alloc(5000));
    clock.runUntil(60 * SECOND);
    expect(taken()).toEqual([]);
    expect(client.unsent).toBe(4000);
    client.reset();
    expect(client.unsent).toBe(0);
  });
});

test('limits that are none are refused', () => {
  expect(() => stage({ latency: -1 })).toThrow(RangeError);
  expect(() => stage({ bandwidth: 0 })).toThrow(RangeError);
  expect(() => stage({ receiveWindow: 0 })).toThrow(RangeError);
  const { network } = stage();
  expect(() => network.setPath('a', 'b', { latency: Number.NaN })).toThrow(RangeError);
});

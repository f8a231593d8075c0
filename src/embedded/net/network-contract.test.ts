import { networkInterfaces } from 'node:os';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SECOND } from './clock.js';
import type { Channel, ChannelHandler, CloseReason, Endpoint, Listener, Network } from './network.js';
import { RealClock } from './real-clock.js';
import { seededRandom } from './seeded-random.js';
import { SimulatedClock } from './simulated-clock.js';
import { SimulatedNetwork } from './simulated-network.js';
import { SocketNetwork } from './socket-network.js';
import type { StageClock } from './stage-clock.js';

/** What both networks have to do, told to both in the same words. */

interface Stage {
  readonly clock: StageClock;
  readonly network: Network;
  close(): void;
}

const STAGES: Record<string, () => Stage> = {
  simulated() {
    const clock = new SimulatedClock(1_700_000_000 * SECOND);
    return { clock, network: new SimulatedNetwork(clock), close() {} };
  },
  sockets() {
    const clock = new RealClock();
    const network = new SocketNetwork(clock);
    return {
      clock,
      network,
      close() {
        network.closeAll();
        clock.stop();
      },
    };
  },
};

/** One end, which notes what it is told. */
class Witness implements ChannelHandler {
  channel: Channel | null = null;
  readonly events: string[] = [];
  readonly chunks: Buffer[] = [];
  opened(channel: Channel): void {
    this.channel = channel;
    this.events.push('opened');
  }
  data(bytes: Uint8Array): void {
    if (this.events.at(-1) !== 'data') this.events.push('data');
    this.chunks.push(Buffer.from(bytes));
  }
  closed(reason: CloseReason): void {
    this.events.push(`closed ${reason}`);
  }
  get received(): Buffer {
    return Buffer.concat(this.chunks);
  }
  get length(): number {
    return this.chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  }
}

describe.each(Object.keys(STAGES))('%s', (name) => {
  let stage: Stage;
  let accepted: Witness[];

  beforeEach(() => {
    stage = STAGES[name]!();
    accepted = [];
  });
  afterEach(() => stage.close());

  function listen(endpoint: Endpoint = { host: '127.0.0.1', port: 0 }): Promise<Listener> {
    return stage.clock.promise((resolve, reject) => {
      let returned = false;
      stage.network.listen(
        endpoint,
        () => {
          const witness = new Witness();
          accepted.push(witness);
          return witness;
        },
        (listener) => {
          expect(returned).toBe(true);
          if (listener instanceof Error) reject(listener);
          else resolve(listener);
        },
      );
      returned = true;
    });
  }

  async function until(what: string, done: () => boolean): Promise<void> {
    for (let i = 0; i < 5000; i++) {
      if (done()) return;
      await stage.clock.sleep(1000);
    }
    throw new Error(`waited in vain for ${what}`);
  }

  /** A connection that stands: its listener, both ends, and who they tell. */
  async function connected(host = '127.0.0.1') {
    const listener = await listen({ host, port: 0 });
    const ours = new Witness();
    const channel = stage.network.connect(host, listener.endpoint, ours);
    expect(ours.events).toEqual([]);
    await until('both ends', () => ours.channel !== null && accepted.length === 1);
    expect(ours.channel).toBe(channel);
    const theirs = accepted[0]!;
    return { listener, ours, theirs, near: channel, far: theirs.channel! };
  }

  const onStage = (body: () => Promise<void>) => () => stage.clock.run(body);

  test(
    'both ends know both endpoints',
    onStage(async () => {
      const { listener, near, far, theirs } = await connected();
      expect(listener.endpoint.port).toBeGreaterThan(0);
      expect(near.remote).toEqual(listener.endpoint);
      expect(far.local).toEqual(listener.endpoint);
      expect(far.remote).toEqual(near.local);
      expect(near.local.host).toBe('127.0.0.1');
      expect(near.local.port).toBeGreaterThan(1023);
      expect(theirs.events).toEqual(['opened']);
    }),
  );

  const hasIpv6 = Object.values(networkInterfaces()).some((all) =>
    all?.some(({ address }) => address === '::1'),
  );

  test.skipIf(name === 'sockets' && !hasIpv6)(
    'IPv6',
    onStage(async () => {
      const { near, theirs, far } = await connected('::1');
      near.write(Buffer.from('six'));
      await until('data', () => theirs.length === 3);
      expect(far.remote.host).toBe('::1');
    }),
  );

  test(
    'bytes come in order, both ways, never within the call',
    onStage(async () => {
      const { near, far, ours, theirs } = await connected();
      const bytes = Buffer.from('first');
      near.write(bytes);
      // Only a copy is on its way.
      bytes.fill(0);
      far.write(Buffer.from('answer '));
      expect([ours.length, theirs.length]).toEqual([0, 0]);
      for (let i = 0; i < 200; i++) near.write(Buffer.from(` ${i}`));
      far.write(Buffer.from('two'));
      const expected = `first${Array.from({ length: 200 }, (_, i) => ` ${i}`).join('')}`;
      await until('all', () => theirs.length === expected.length && ours.length === 10);
      expect(theirs.received.toString()).toBe(expected);
      expect(ours.received.toString()).toBe('answer two');
      expect(near.unsent).toBe(0);
    }),
  );

  test(
    'what is written before the connection stands goes when it does',
    onStage(async () => {
      const listener = await listen();
      const ours = new Witness();
      stage.network.connect('127.0.0.1', listener.endpoint, ours).write(Buffer.from('early'));
      await until('data', () => accepted[0]?.length === 5);
      expect(accepted[0]!.events).toEqual(['opened', 'data']);
    }),
  );

  test(
    '5 MB each way at once',
    onStage(async () => {
      const { near, far, ours, theirs } = await connected();
      const random = seededRandom(5);
      const there = Buffer.from(Uint8Array.from({ length: 5_000_000 }, () => random() * 256));
      const back = Buffer.from(there).reverse();
      near.write(there);
      far.write(back);
      await until('all', () => theirs.length === there.length && ours.length === back.length);
      expect(theirs.received.equals(there)).toBe(true);
      expect(ours.received.equals(back)).toBe(true);
      expect([near.unsent, far.unsent]).toEqual([0, 0]);
    }),
  );

  test(
    'end: all that was written, then fin, and no callback here',
    onStage(async () => {
      const { near, far, ours, theirs } = await connected();
      near.write(Buffer.alloc(1_000_000, 7));
      near.end();
      near.write(Buffer.from('too late'));
      far.write(Buffer.from('never read'));
      await until('fin', () => theirs.events.includes('closed fin'));
      expect(theirs.events).toEqual(['opened', 'data', 'closed fin']);
      expect(theirs.length).toBe(1_000_000);
      // The peer's end is closed by that as well.
      far.write(Buffer.from('ignored'));
      far.end();
      far.reset();
      await stage.clock.sleep(20_000);
      expect(ours.events).toEqual(['opened']);
      expect(theirs.events).toHaveLength(3);
    }),
  );

  test(
    'end before the connection stands',
    onStage(async () => {
      const listener = await listen();
      const ours = new Witness();
      const channel = stage.network.connect('127.0.0.1', listener.endpoint, ours);
      channel.write(Buffer.from('bye'));
      channel.end();
      await until('fin', () => accepted[0]?.events.includes('closed fin') ?? false);
      expect(accepted[0]!.received.toString()).toBe('bye');
      expect(ours.events).toEqual([]);
    }),
  );

  test(
    'reset: rst for the peer, nothing here',
    onStage(async () => {
      const { near, far, ours, theirs } = await connected();
      near.reset();
      near.reset();
      near.end();
      near.write(Buffer.from('ignored'));
      far.write(Buffer.from('crosses the reset'));
      await until('rst', () => theirs.events.length > 1);
      expect(theirs.events).toEqual(['opened', 'closed rst']);
      await stage.clock.sleep(20_000);
      expect(ours.events).toEqual(['opened']);
      expect(near.unsent).toBe(0);
    }),
  );

  test(
    'reset before the connection stands',
    onStage(async () => {
      const listener = await listen();
      const ours = new Witness();
      stage.network.connect('127.0.0.1', listener.endpoint, ours).reset();
      await stage.clock.sleep(20_000);
      expect(ours.events).toEqual([]);
      for (const witness of accepted) expect(witness.events).toEqual(['opened', 'closed rst']);
    }),
  );

  test(
    'nobody listens: refused',
    onStage(async () => {
      const listener = await listen();
      listener.close();
      const ours = new Witness();
      const channel = stage.network.connect('127.0.0.1', listener.endpoint, ours);
      channel.write(Buffer.from('nothing'));
      expect(ours.events).toEqual([]);
      await until('refusal', () => ours.events.length > 0);
      await stage.clock.sleep(20_000);
      expect(ours.events).toEqual(['closed refused']);
      expect(channel.unsent).toBe(0);
    }),
  );

  test(
    'a port is taken once, and free after close',
    onStage(async () => {
      const listener = await listen();
      await expect(listen(listener.endpoint)).rejects.toThrow(/in use|EADDRINUSE/);
      listener.close();
      await stage.clock.sleep(5000);
      expect((await listen(listener.endpoint)).endpoint).toEqual(listener.endpoint);
    }),
  );

  test(
    'a connection outlives its listener',
    onStage(async () => {
      const { listener, near, theirs } = await connected();
      listener.close();
      near.write(Buffer.from('still here'));
      await until('data', () => theirs.length === 10);
    }),
  );

  test(
    'a paused reader: the kernel fills, the rest is unsent, nothing is lost',
    onStage(async () => {
      const { near, far, theirs } = await connected();
      far.pause();
      const size = 30_000_000;
      for (let i = 0; i < 30; i++) near.write(Buffer.alloc(size / 30, i));
      await stage.clock.sleep(50_000);
      expect(theirs.length).toBe(0);
      // More than the kernels of both ends can hold.
      expect(near.unsent).toBeGreaterThan(10_000_000);
      expect(near.unsent).toBeLessThan(size);
      near.end();
      await stage.clock.sleep(20_000);
      expect(theirs.events).toEqual(['opened']);
      far.resume();
      expect(theirs.length).toBe(0);
      await until('all', () => theirs.events.includes('closed fin'));
      expect(theirs.length).toBe(size);
      expect(theirs.received.every((byte, i) => byte === Math.floor(i / (size / 30)))).toBe(true);
    }),
  );

  test(
    'pause from within data',
    onStage(async () => {
      const listener = await listen();
      const ours = new Witness();
      const near = stage.network.connect('127.0.0.1', listener.endpoint, ours);
      await until('both ends', () => accepted.length === 1 && ours.channel !== null);
      const theirs = accepted[0]!;
      let calls = 0;
      theirs.data = () => {
        calls++;
        theirs.channel!.pause();
      };
      near.write(Buffer.alloc(500_000));
      await stage.clock.sleep(20_000);
      expect(calls).toBe(1);
      theirs.channel!.resume();
      await stage.clock.sleep(20_000);
      expect(calls).toBe(2);
    }),
  );

  test(
    'many connections to one listener',
    onStage(async () => {
      const listener = await listen();
      const ours = Array.from({ length: 30 }, () => new Witness());
      const channels = ours.map((witness) => stage.network.connect('127.0.0.1', listener.endpoint, witness));
      await until('all', () => accepted.length === 30 && ours.every((witness) => witness.channel !== null));
      expect(new Set(channels.map((channel) => channel.local.port)).size).toBe(30);
      for (const [i, channel] of channels.entries()) channel.write(Buffer.from(`${channel.local.port} ${i}`));
      await until('data', () => accepted.every((witness) => witness.length > 0));
      for (const witness of accepted) {
        expect(witness.received.toString().startsWith(`${witness.channel!.remote.port} `)).toBe(true);
      }
    }),
  );
});

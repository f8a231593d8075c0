import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SimulatedNodes, tell, throwIf } from '../testing/simulated-nodes.js';
import { MILLISECOND, SECOND } from './net/clock.js';
import type { Node } from './node.js';
import type { ServerStyle } from './server/style.js';

/** Nodes of all styles, and in all kinds of trouble: in the end they agree. */

const STYLES: readonly ServerStyle[] = [
  'redis-2.8',
  'redis-3.2',
  'redis-4.0',
  'redis-5.0',
  'redis-6.2',
  'redis-7.0',
  'redis-7.2',
  'redis-8.0',
  'valkey-8.0',
  'valkey-8.1',
];

describe('a replica of one style', () => {
  it.each(STYLES.flatMap((replica) => STYLES.map((master) => [replica, master] as const)))(
    '%s follows a master of another: %s',
    (replicaStyle, masterStyle) => {
      const nodes = new SimulatedNodes();
      const master = nodes.node({ style: masterStyle });
      tell(master, 'SET before 1');
      const replica = nodes.node({ style: replicaStyle, replicaOf: master.endpoint });
      nodes.seconds(3);
      tell(master, 'RPUSH list a b', 2);
      nodes.seconds(2);
      tell(master, 'CLIENT KILL TYPE replica');
      tell(master, 'SET after 2', 2);
      nodes.seconds(3);
      expect(replica.digest).toBe(master.digest);
      expect(replica.server.upstream!.offset).toBe(master.offset);
      const kinds = master.log.sessions.map(({ decisions }) => decisions[0]!.kind);
      expect(kinds).toEqual(['full', 'continue']);
    },
  );
});

describe('a synchronization over two connections', () => {
  it.each(['redis-8.0', 'valkey-8.0', 'valkey-8.1'] as const)('%s, under writes', (style) => {
    const nodes = new SimulatedNodes();
    const master = nodes.node({ style, twoConnections: true, payloadRate: 200_000, compression: false });
    for (let i = 0; i < 50; i++) tell(master, `SET key:${i} ${'v'.repeat(5000)}`);
    const replica = nodes.node({ style, twoConnections: true, replicaOf: master.endpoint });
    for (let i = 0; i < 100; i++) {
      tell(master, `RPUSH list ${i}`, i % 2);
      nodes.run(20 * MILLISECOND);
    }
    nodes.seconds(4);
    expect([replica.digest, replica.offset]).toEqual([master.digest, master.offset]);
    const { sessions } = master.log;
    expect(sessions.map(({ channels }) => channels)).toEqual(['main', 'rdb']);
    expect(sessions[0]!.endOffset).toBe(master.offset);
    expect(sessions[1]!.payload!.keys).toBeGreaterThanOrEqual(50);
    // The stream did not wait for the payload.
    expect(sessions[1]!.payload!.endedAt! - sessions[1]!.payload!.startedAt).toBeGreaterThan(SECOND);
  });
});

type Step = (nodes: SimulatedNodes, all: readonly Node[], at: number, amount: number) => void;

/** What may happen to one of three nodes; `at` says to which, `amount` how much of it. */
const STEPS: Readonly<Record<string, Step>> = {
  write: (_nodes, all, at, amount) => {
    for (let i = 0; i < amount; i++)
      tell(all[at]!, `RPUSH list:${i % 5} ${amount} ${'x'.repeat(amount)}`, i % 3);
  },
  transaction: (_nodes, all, at, amount) => {
    const client = all[at]!.server.inner({ reply() {}, flush() {}, close() {}, closeAfterReplies() {} });
    for (const words of [['MULTI'], ['INCR', 'n'], ['SET', 's', `${amount}`, 'PX', '2000'], ['EXEC']])
      client.run(words.map((word) => Buffer.from(word)));
  },
  time: (nodes, _all, _at, amount) => nodes.run(amount * 40 * MILLISECOND),
  cut: (_nodes, all, at) => void tell(all[at]!, 'CLIENT KILL TYPE replica'),
  follow: (_nodes, all, at, amount) => {
    const to = all[amount % all.length]!;
    if (to !== all[at]) all[at]!.replicaOf(to.endpoint);
  },
  promote: (_nodes, all, at) => all[at]!.replicaOfNoOne(),
  restart: (nodes, all, at, amount) => {
    all[at]!.stop(amount % 2 === 0 ? 'fin' : 'rst');
    nodes.run(amount * MILLISECOND);
    all[at]!.restart({ keepData: amount % 3 > 0, keepHistory: amount % 3 > 1 }, throwIf);
    nodes.run(MILLISECOND);
  },
  pause: (nodes, all, at, amount) => {
    all[at]!.freeze();
    nodes.run(amount * 100 * MILLISECOND);
    all[at]!.thaw();
    nodes.run(MILLISECOND);
  },
  failover: (_nodes, all, at) => void tell(all[at]!, 'FAILOVER TIMEOUT 1500'),
};

describe('three nodes', () => {
  it('agree in the end, whatever happened before', () => {
    const step = fc.record({
      name: fc.constantFrom(...Object.keys(STEPS)),
      at: fc.integer({ min: 0, max: 2 }),
      amount: fc.integer({ min: 1, max: 60 }),
    });
    const story = fc.record({
      seed: fc.integer({ min: 1, max: 1000 }),
      style: fc.constantFrom(...STYLES),
      disklessSync: fc.boolean(),
      backlogSize: fc.constantFrom(200, 5_000, 1_000_000),
      steps: fc.array(step, { maxLength: 30 }),
    });
    fc.assert(
      fc.property(story, ({ seed, style, disklessSync, backlogSize, steps }) => {
        const nodes = new SimulatedNodes(seed);
        const options = { style, disklessSync, backlogSize, timeout: 5 * SECOND };
        const top = nodes.node(options);
        const all = [top, nodes.node({ ...options, replicaOf: top.endpoint }), nodes.node(options)];
        for (const { name, at, amount } of steps) STEPS[name]!(nodes, all, at, amount);
        nodes.seconds(3);
        top.replicaOfNoOne();
        for (const other of all.slice(1)) other.replicaOf(top.endpoint);
        nodes.seconds(15);
        // No PING may come just before the end, whose ACK is then still to come.
        top.settings.pingPeriod = 1000 * SECOND;
        tell(top, 'SET the end', 1);
        nodes.seconds(3);
        for (const other of all.slice(1)) {
          expect(other.link!.state).toBe('online');
          expect(other.digest).toBe(top.digest);
          expect(other.server.upstream!.offset).toBe(top.offset);
        }
        const open = top.log.sessions.filter(({ closed }) => closed === null);
        expect(open.map(({ endOffset, lastAck }) => [endOffset, lastAck])).toEqual([
          [top.offset, top.offset],
          [top.offset, top.offset],
        ]);
      }),
      { numRuns: 60 },
    );
  }, 60_000);
});

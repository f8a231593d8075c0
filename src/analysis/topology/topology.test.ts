import { describe, expect, it } from 'vitest';
import { chain, failover, failoverCommand } from '../../embedded/scenarios/failover.js';
import { dualChannel, firstSyncDiskless, rdbChannel } from '../../embedded/scenarios/first-sync.js';
import { replidMismatch } from '../../embedded/scenarios/reconnect.js';
import { topologyOf, topologyOfPlay } from '../../testing/analyze-topology.js';
import { fixture } from '../../testing/fixtures.js';
import { ack, Network, resp, smallRdb } from '../../testing/talk.js';
import { Histories } from './histories.js';
import type { Topology } from './model.js';
import { Orders } from './orders.js';
import { buildTopology } from './topology.js';

const NOTHING_KNOWN = { histories: new Histories(), orders: new Orders() };

const masters = ({ nodes }: Topology): Record<string, string | null> =>
  Object.fromEntries(nodes.map(({ name, master }) => [name, master]));

const kinds = ({ changes }: Topology): string[] => changes.map(({ node, kind }) => `${node} ${kind}`);

describe('stories of the embedded pair', () => {
  it('failover: the promoted node, its sibling, and the old master below it', async () => {
    const topology = await topologyOfPlay(failover);
    const [one, two, three] = ['10.0.0.1:6379', '10.0.0.2:6379', '10.0.0.3:6379'];
    expect(masters(topology)).toEqual({ [one]: two, [two]: null, [three]: two });
    expect(kinds(topology)).toEqual([
      `${two} attached`,
      `${three} attached`,
      `${two} promoted`,
      `${three} moved`,
      `${one} attached`,
    ]);
    const promotion = topology.changes.find(({ kind }) => kind === 'promoted')!;
    const [old, young] = topology.histories;
    expect(promotion).toMatchObject({ succession: { of: old!.replid, id: young!.replid, confirmed: true } });
    expect(young!.from).toMatchObject({ from: old!.highestOffset, to: old!.highestOffset });
    expect(topology.nodes.find(({ name }) => name === two)!.roles.map(({ role }) => role)).toEqual([
      'replica',
      'master',
    ]);
    expect(topology.changes.at(-1)).toMatchObject({ node: one, wasMaster: true });
  });

  it('FAILOVER: the two change places', async () => {
    const topology = await topologyOfPlay(failoverCommand);
    expect(masters(topology)).toEqual({ '10.0.0.1:6379': '10.0.0.2:6379', '10.0.0.2:6379': null });
    expect(topology.changes.map(({ kind }) => kind)).toEqual(['attached', 'promoted', 'attached']);
    expect(topology.changes[1]).toMatchObject({ succession: { kind: 'failover-command' } });
  });

  it('chain: a replica of a replica, through a cut', async () => {
    const topology = await topologyOfPlay(chain);
    expect(masters(topology)).toEqual({
      '10.0.0.1:6379': null,
      '10.0.0.2:6379': '10.0.0.1:6379',
      '10.0.0.3:6379': '10.0.0.2:6379',
    });
    const [middle, leaf] = topology.attachments;
    expect([middle!.state, leaf!.state]).toEqual(['online', 'online']);
    expect(middle!.sessions).toBe(2);
    expect(new Set(topology.nodes.map(({ replid }) => replid)).size).toBe(1);
  });

  it('siblings of one fork', async () => {
    const topology = await topologyOfPlay(firstSyncDiskless);
    expect(topology.nodes.filter(({ master }) => master === '10.0.0.1:6379')).toHaveLength(2);
  });

  it.each([dualChannel, rdbChannel])('$name: two connections are one attachment', async (scenario) => {
    const { attachments, histories } = await topologyOfPlay(scenario);
    expect(attachments).toHaveLength(1);
    expect(attachments[0]).toMatchObject({ state: 'online', sessions: 1, replid: histories[0]!.replid });
    expect(histories[0]!.highestOffset).toBe(attachments[0]!.offset);
  });

  it('a restart is a new history of the same master, no promotion', async () => {
    const topology = await topologyOfPlay(replidMismatch);
    expect(topology.changes.map(({ kind }) => kind)).toEqual(['attached', 'new-history']);
    expect(topology.histories.map(({ from }) => from)).toEqual([null, null]);
  });
});

describe('captures of real servers', () => {
  it('a node promoted and demoted between two attachments to the same master (7.4)', async () => {
    const topology = await topologyOf(fixture('failover-command-redis-7.4.1.pcap').path);
    expect(masters(topology)).toEqual({ '127.0.0.1:19140': null, '127.0.0.1:19141': '127.0.0.1:19140' });
    expect(topology.attachments).toHaveLength(3);
    expect(topology.histories.map(({ from }) => from?.from ?? null)).toEqual([null, 6730, 13_559]);
  });

  it('a chain whose middle is promoted (6.2): nobody is left behind', async () => {
    const topology = await topologyOf(fixture('failover-chain-redis-6.2.5.pcap').path);
    const [a, b, c] = ['127.0.0.1:19060', '127.0.0.1:19061', '127.0.0.1:19062'];
    expect(masters(topology)).toEqual({ [a]: b, [b]: null, [c]: b });
    // The log of B: "Setting secondary replication ID to 9b19…, valid up to offset: 6708".
    expect(topology.histories[1]!.from).toMatchObject({ from: 6707, to: 6707, node: b, kind: 'promotion' });
  });

  it('a replica pointed to and fro (4.0), a master for a second between', async () => {
    const topology = await topologyOf(fixture('replicaof-switch-redis-4.0.14.pcap').path);
    const node = '127.0.0.1:19332';
    expect(kinds(topology)).toEqual(
      ['attached', 'moved', 'moved', 'promoted', 'attached'].map((kind) => `${node} ${kind}`),
    );
    // Its log: "valid up to offset: 12979. New replication ID is 7f025544…".
    expect(topology.changes[3]).toMatchObject({ succession: { from: 12_978, to: 12_978 } });
  });

  it('a takeover in a cluster (4.0), of which only the links show', async () => {
    const topology = await topologyOf(fixture('cluster-takeover-redis-4.0.14.pcap').path);
    expect(topology.changes.map(({ kind }) => kind)).toEqual(['attached', 'promoted', 'attached']);
  });

  it('clients that take a payload and go are no part of it', async () => {
    const topology = await topologyOf(fixture('legacy-sync-redis-7.4.1.pcap').path);
    expect(topology.attachments.every(({ sync }) => sync?.cause !== 'rdb-only')).toBe(true);
  });
});

describe('names', () => {
  const X = 'a'.repeat(40);

  function online(network: Network, options: Parameters<Network['call']>[0], announce: string[]): void {
    const rdb = smallRdb(X, 0);
    network
      .call(options)
      .replica(resp('REPLCONF', ...announce))
      .master('+OK\r\n')
      .replica(resp('PSYNC', '?', '-1'))
      .master(`+FULLRESYNC ${X} 0\r\n`, `$${rdb.length}\r\n`, rdb)
      .replica(ack(0));
  }

  const topology = (network: Network): Topology =>
    buildTopology(network.links(), NOTHING_KNOWN, network.time);

  it('a replica behind another address is the master that is seen at its own', () => {
    const network = new Network();
    online(network, { replicaAddress: '10.0.0.2' }, [
      'listening-port',
      '6379',
      'ip-address',
      'redis.example',
    ]);
    online(network, { replicaAddress: '10.0.0.3', masterAddress: '10.0.0.2' }, ['listening-port', '6379']);
    const { nodes } = topology(network);
    expect(nodes.map(({ name }) => name)).toEqual(['10.0.0.1:6379', '10.0.0.2:6379', '10.0.0.3:6379']);
    expect(nodes[1]).toMatchObject({
      aliases: ['redis.example:6379'],
      master: '10.0.0.1:6379',
      assumed: false,
    });
  });

  /** A link of 10.0.0.2 to 10.0.0.1 whose beginning was not captured. */
  function midstream(network: Network): void {
    network
      .call({ replicaAddress: '10.0.0.2', midstream: true })
      .master(resp('PING'))
      .replica(ack(14))
      .master(resp('PING'))
      .replica(ack(28));
  }

  it('a replica met mid-stream is the one server known at its address', () => {
    const network = new Network();
    midstream(network);
    online(network, { replicaAddress: '10.0.0.3', masterAddress: '10.0.0.2' }, ['listening-port', '6379']);
    const { nodes } = topology(network);
    expect(nodes).toHaveLength(3);
    expect(nodes.find(({ name }) => name === '10.0.0.2:6379')).toMatchObject({
      assumed: true,
      master: '10.0.0.1:6379',
    });
  });

  it('of two servers at its address it is neither', () => {
    const network = new Network();
    midstream(network);
    for (const masterPort of [6379, 6380])
      online(network, { replicaAddress: '10.0.0.3', masterAddress: '10.0.0.2', masterPort }, [
        'listening-port',
        '1',
      ]);
    expect(topology(network).nodes.filter(({ assumed }) => assumed)).toEqual([]);
  });
});

describe('a topology at the limits', () => {
  it('of thousands of links is built in a moment', () => {
    const network = new Network();
    const count = 3000;
    for (let i = 0; i < count; i++) {
      const midstream = i % 3 === 0;
      const call = network.call({
        replicaAddress: `10.1.${i >> 8}.${i & 255}`,
        masterAddress: i % 2 === 0 ? '10.0.0.1' : `10.2.${i >> 8}.${i & 255}`,
        midstream,
      });
      if (!midstream) {
        call.replica(resp('REPLCONF', 'listening-port', '6379')).master('+OK\r\n');
        call.replica(resp('PSYNC', '?', '-1')).master(`+CONTINUE ${'a'.repeat(40)}\r\n`);
      }
      call.master(resp('PING')).replica(ack(14)).master(resp('PING')).replica(ack(28));
    }
    const links = network.links();
    expect(links.length).toBe(count);
    const started = performance.now();
    const { nodes } = buildTopology(links, NOTHING_KNOWN, network.time);
    expect(nodes.length).toBeGreaterThan(count);
    expect(performance.now() - started).toBeLessThan(2000);
  });
});

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Change, Topology } from './analysis/topology/model.js';
import { topologyOf } from './testing/analyze-topology.js';
import { Sentinel } from './testing/redis-sentinel.js';
import { freePort, RedisServer, Tcpdump } from './testing/redis-server.js';
import { sleep } from './testing/run-cli.js';

/** Promotions of real servers, each by the way it is done: told from the packets of the servers' ports alone. */

const missing = [
  ...['redis-server', 'tcpdump'].filter((tool) => spawnSync(tool, ['--version']).error !== undefined),
  ...(process.getuid?.() === 0 ? [] : ['root']),
];
const skipped = missing.length > 0 && !process.env.CI;

const folder = mkdtempSync(join(tmpdir(), 'psyncscope-promotions-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const OPTIONS = ['--repl-diskless-sync-delay', '0', '--repl-ping-replica-period', '3600'];
const CLUSTER = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '2000'];

if (missing.length > 0)
  it(`needs what is missing here: ${missing.join(', ')}`, ({ skip }) => {
    skip(skipped, `missing: ${missing.join(', ')}`);
    expect(missing).toEqual([]);
  });

type Promoted = Extract<Change, { kind: 'promoted' }>;

const promotions = ({ changes }: Topology): Promoted[] => changes.filter((each) => each.kind === 'promoted');
const endpoint = ({ port }: RedisServer): string => `127.0.0.1:${port}`;

/** Plays a story among `count` fresh servers, the others being replicas of the first one unless told, and tells its topology. */
async function captured(
  name: string,
  count: number,
  play: (servers: RedisServer[]) => Promise<void>,
  options: string[] = [],
): Promise<Topology> {
  const capture = join(folder, `${name}.pcap`);
  const ports = await Promise.all(Array.from({ length: count }, freePort));
  const isCluster = options === CLUSTER;
  const servers = ports.map((port, i) => {
    const of = i === 0 || isCluster ? [] : ['--replicaof', `127.0.0.1 ${ports[0]}`];
    const own = isCluster ? ['--cluster-config-file', `${port}.conf`] : [];
    return new RedisServer(port, folder, [...OPTIONS, ...options, ...own, ...of]);
  });
  const dump = await Tcpdump.start(capture, ports);
  try {
    for (const server of servers) await server.start();
    if (!isCluster) for (const replica of servers.slice(1)) await isUp(replica);
    await play(servers);
    await sleep(300);
  } finally {
    await dump.stop();
    for (const server of servers) await server.stop('SIGKILL');
  }
  return topologyOf(capture);
}

async function until(what: string, done: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 30_000; !(await done()); ) {
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
    await sleep(50);
  }
}

const isUp = (replica: RedisServer): Promise<void> =>
  until('the link', async () => (await replica.replication()).master_link_status === 'up');

const isMaster = (server: RedisServer): Promise<void> =>
  until('the promotion', async () => (await server.replication()).role === 'master');

describe.skipIf(skipped)('a Sentinel', () => {
  let servers: RedisServer[];
  let topology: Topology;

  beforeAll(async () => {
    topology = await captured('sentinel', 3, async (all) => {
      servers = all;
      const [master, ...replicas] = all;
      const sentinel = await Sentinel.start(folder, master!.port);
      try {
        await master!.ask(['SET', 'a', '1']);
        await master!.stop('SIGKILL');
        let promoted: RedisServer | undefined;
        await until('a promotion', async () => {
          for (const each of replicas) if ((await each.replication()).role === 'master') promoted = each;
          return promoted !== undefined;
        });
        await isUp(replicas.find((each) => each !== promoted)!);
      } finally {
        await sentinel.stop();
      }
    });
  });

  it('promotes one by SLAVEOF NO ONE, under its name', () => {
    const [promotion, ...more] = promotions(topology);
    expect(more).toEqual([]);
    expect(servers.slice(1).map(endpoint)).toContain(promotion!.node);
    expect(promotion!.order).toMatchObject({ text: 'SLAVEOF NO ONE', sentinel: true, node: promotion!.node });
    expect(promotion!.at).toBe(promotion!.order!.time);
    expect(promotion!.succession).toMatchObject({ kind: 'promotion', confirmed: true });
  });

  it('points the other one there, which is continued', () => {
    const moved = topology.changes.find((each) => each.kind === 'moved');
    expect(moved).toMatchObject({
      master: promotions(topology)[0]!.node,
      order: { text: 'SLAVEOF', sentinel: true, target: promotions(topology)[0]!.node },
      sync: { decision: 'CONTINUE', why: { code: 'promoted', orElse: [] } },
    });
    const { packet, by } = promotions(topology)[0]!.order!;
    expect(moved!.kind === 'moved' && moved!.sync!.why!.evidence).toMatchObject({
      ...{ order: 'SLAVEOF NO ONE', orderedBy: by, orderedBySentinel: 1, orderPacket: packet },
    });
  });
});

describe.skipIf(skipped)('a person', () => {
  it('says FAILOVER', async () => {
    let names: string[] = [];
    const topology = await captured('failover', 2, async (servers) => {
      names = servers.map(endpoint);
      await servers[0]!.ask(['FAILOVER']);
      await isMaster(servers[1]!);
      await isUp(servers[0]!);
    });
    const [promotion, ...more] = promotions(topology);
    expect(more).toEqual([]);
    expect(promotion).toMatchObject({
      node: names[1],
      order: { text: 'FAILOVER', node: names[0], sentinel: false },
      succession: { kind: 'failover-command' },
    });
    const attached = topology.changes.at(-1);
    expect(attached).toMatchObject({ kind: 'attached', node: names[0], wasMaster: true });
  });

  it('says REPLICAOF NO ONE, and nobody asks the new master', async () => {
    let names: string[] = [];
    const topology = await captured('no-one', 2, async (servers) => {
      names = servers.map(endpoint);
      await servers[1]!.ask(['replicaof', 'no', 'one']);
      await isMaster(servers[1]!);
    });
    expect(promotions(topology)).toMatchObject([
      { node: names[1], order: { text: 'REPLICAOF NO ONE', sentinel: false }, succession: null },
    ]);
    expect(topology.nodes.find(({ name }) => name === names[1])).toMatchObject({ master: null });
  });

  it('says REPLICAOF NO ONE to a server that does not know the user: nothing was promoted', async () => {
    const topology = await captured('refused', 2, async (servers) => {
      await servers[1]!.ask(['CONFIG', 'SET', 'requirepass', 'hidden']);
      expect(await servers[1]!.ask(['REPLICAOF', 'NO', 'ONE'])).toMatch(/^-NOAUTH/);
    });
    expect(promotions(topology)).toEqual([]);
  });

  it('says CLUSTER FAILOVER', async () => {
    let names: string[] = [];
    const topology = await captured(
      'cluster',
      2,
      async ([master, replica]) => {
        names = [endpoint(master!), endpoint(replica!)];
        await master!.ask(['CLUSTER', 'ADDSLOTSRANGE', '0', '16383']);
        await replica!.ask(['CLUSTER', 'MEET', '127.0.0.1', `${master!.port}`]);
        const id = (await master!.ask(['CLUSTER', 'MYID'])).split('\r\n')[1]!;
        await until('the two to meet', async () =>
          (await replica!.ask(['CLUSTER', 'REPLICATE', id])).startsWith('+OK'),
        );
        await isUp(replica!);
        await until('the cluster to know both', async () => {
          const states = await Promise.all([master!, replica!].map((each) => each.ask(['CLUSTER', 'INFO'])));
          const known = await master!.ask(['CLUSTER', 'NODES']);
          return states.every((state) => state.includes('cluster_state:ok')) && known.includes('slave');
        });
        expect(await replica!.ask(['CLUSTER', 'FAILOVER'])).toMatch(/^\+OK/);
        await isMaster(replica!);
        await isUp(master!);
      },
      CLUSTER,
    );
    expect(promotions(topology)).toMatchObject([
      {
        node: names[1],
        order: { text: 'CLUSTER FAILOVER', sentinel: false },
        succession: { confirmed: true },
      },
    ]);
    expect(topology.changes).toContainEqual(
      expect.objectContaining({
        kind: 'attached',
        node: names[1],
        order: expect.objectContaining({ text: 'CLUSTER REPLICATE' }),
      }),
    );
  });
});

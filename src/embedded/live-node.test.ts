import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freePort, RedisServer } from '../testing/redis-server.js';
import { sleep, waitFor } from '../testing/run-cli.js';
import { sampleCommands } from '../testing/sample-commands.js';
import { info, tell } from '../testing/simulated-nodes.js';
import { RealClock } from './net/real-clock.js';
import { seededRandom } from './net/seeded-random.js';
import { SocketNetwork } from './net/socket-network.js';
import { Node, type NodeOptions } from './node.js';

/** Nodes over real sockets, against a real redis-server of 7.0, redis-cli and ioredis. */

const run = promisify(execFile);

/** How long the soak lasts: a minute when asked for. */
const SOAK_MS = process.env.PSYNCSCOPE_SOAK === '1' ? 60_000 : 5_000;

const missing = ['redis-server', 'redis-cli', 'redis-check-rdb'].filter(
  (tool) => spawnSync(tool, ['--version']).error !== undefined,
);

/** In CI nothing of this may be left out unnoticed. */
const skipped = missing.length > 0 && !process.env.CI;

let folder = '';
let clock: RealClock;
let network: SocketNetwork;
let nodes: Node[] = [];
let servers: RedisServer[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'live-node-'));
  clock = new RealClock();
  network = new SocketNetwork(clock);
  nodes = [];
  servers = [];
});

afterEach(async () => {
  for (const node of nodes) node.stop('rst');
  for (const server of servers) await server.stop();
  network.closeAll();
  clock.stop();
  await rm(folder, { recursive: true });
});

async function startNode(options: Partial<NodeOptions> = {}): Promise<Node> {
  const endpoint = { host: '127.0.0.1', port: 0 };
  const world = { clock, network, random: seededRandom(nodes.length + 1) };
  const node = new Node({ endpoint, disklessDelay: 0, ...options }, world);
  nodes.push(node);
  await new Promise<void>((resolve, reject) => {
    node.start((error) => (error === null ? resolve() : reject(error)));
  });
  return node;
}

async function startServer(...options: string[]): Promise<RedisServer> {
  const port = await freePort();
  const server = new RedisServer(port, folder, [
    '--enable-debug-command',
    'yes',
    '--repl-diskless-sync-delay',
    '0',
    ...options,
  ]);
  servers.push(server);
  await server.start();
  return server;
}

const replicaOf = (node: Node): string[] => ['--replicaof', '127.0.0.1', `${node.endpoint.port}`];

/** Waits for a condition that takes asking. */
async function until(what: string, holds: () => Promise<boolean>, limitMs = 10_000): Promise<void> {
  const end = Date.now() + limitMs;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`waited ${limitMs} ms in vain for ${what}`);
    await sleep(50);
  }
}

const linkIsUp = (server: RedisServer) => async (): Promise<boolean> =>
  (await server.replication()).master_link_status === 'up';

async function digestOf(server: RedisServer): Promise<string> {
  return (await server.ask(['DEBUG', 'DIGEST'])).trim().slice(1);
}

/** The server is the node's replica: link up, same offset, id and data. */
async function expectSame(node: Node, server: RedisServer): Promise<void> {
  await until(
    'the offset',
    async () => Number((await server.replication()).slave_repl_offset) === node.offset,
  );
  expect(await server.replication()).toMatchObject({
    master_link_status: 'up',
    slave_repl_offset: `${node.offset}`,
    master_replid: node.replid,
  });
  expect(await digestOf(server)).toBe(node.digest);
}

/** Runs commands of every type, a few at a time. */
async function load(write: (words: string[]) => unknown, seed: number): Promise<void> {
  const commands = sampleCommands(seed, Date.now());
  for (let i = 0; i < commands.length; i += 50) {
    for (const words of commands.slice(i, i + 50)) await write(words);
    await sleep(1);
  }
}

/** A writer that keeps the database it has selected. */
function writerTo(node: Node): (words: string[]) => void {
  let db = 0;
  return (words) => {
    if (/^select$/i.test(words[0]!)) db = Number(words[1]);
    else node.call(words, db);
  };
}

describe.skipIf(skipped)('a real server as a replica of a node', () => {
  it.each([
    ['disk', false],
    ['diskless', true],
  ])('has the same data and offset under writes of every type: %s', async (_name, disklessSync) => {
    const node = await startNode({ disklessSync });
    await load(writerTo(node), 1);
    const server = await startServer(...replicaOf(node));
    await load(writerTo(node), 2);
    await until('the link', linkIsUp(server));
    await load(writerTo(node), 3);
    for (const words of [['MULTI'], ['SET', 'in', 'transaction'], ['LPUSH', 'both', 'a'], ['EXEC']]) {
      tell(node, words.join(' '));
    }
    await expectSame(node, server);
    expect(node.server.dataset.totalKeys()).toBeGreaterThan(20);
    const [session] = node.log.sessions;
    expect(session!.payload).toMatchObject({ form: disklessSync ? 'mark' : 'length' });
    await waitFor('the ACK', () => session!.lastAck === node.offset);
    expect(info(node).slave0).toMatch(`state=online,offset=${node.offset}`);
    // The server forwards what it has to a replica of its own, which must understand it as well.
    expect((await server.stats()).sync_full).toBe('0');
  });

  it('goes on after its connection was killed, and begins anew once the backlog is gone', async () => {
    const node = await startNode({ backlogSize: 20_000 });
    const server = await startServer(...replicaOf(node));
    await until('the link', linkIsUp(server));
    tell(node, 'SET a 1', 3);
    await expectSame(node, server);
    tell(node, 'CLIENT KILL TYPE replica');
    tell(node, 'SET b 2', 3);
    await waitFor('the second session', () => node.log.sessions[1]?.decisions.length === 1);
    expect(node.log.sessions[1]!.decisions).toMatchObject([{ kind: 'continue' }]);
    await expectSame(node, server);
    // More than the backlog holds, before the server can come back.
    tell(node, 'CLIENT KILL TYPE replica');
    for (let i = 0; i < 100; i++) tell(node, `SET key:${i} ${'x'.repeat(500)}`);
    await waitFor('the third session', () => node.log.sessions[2]?.decisions.length === 1);
    expect(node.log.sessions[2]!.decisions).toMatchObject([{ kind: 'full', reason: 'backlog-too-short' }]);
    await expectSame(node, server);
  });

  it('takes over by FAILOVER, and the node follows it', async () => {
    const node = await startNode();
    const server = await startServer(...replicaOf(node));
    await until('the link', linkIsUp(server));
    await load(writerTo(node), 4);
    node.failoverTo({ host: '127.0.0.1', port: server.port });
    await waitFor('the link', () => node.link?.state === 'online');
    expect((await server.replication()).role).toBe('master');
    await server.ask(['SELECT', '7'], ['SET', 'after', 'swap']);
    await waitFor('the write', () => tell(node, 'GET after', 7) === 'swap');
    expect(node.digest).toBe(await digestOf(server));
    expect((await server.stats()).sync_partial_ok).toBe('1');
  });
});

describe.skipIf(skipped)('a node as a replica of a real server', () => {
  it.each([
    ['disk', 'no'],
    ['diskless', 'yes'],
  ])('has the same data and offset under writes of every type: %s', async (_name, diskless) => {
    const server = await startServer('--repl-diskless-sync', diskless);
    const client = new Redis(server.port, '127.0.0.1');
    const write = ([name, ...args]: string[]): Promise<unknown> =>
      client.call(name!, ...args.map((arg) => Buffer.from(arg, 'latin1'))).catch(() => null);
    await load(write, 1);
    const node = await startNode({ replicaOf: { host: '127.0.0.1', port: server.port } });
    await load(write, 2);
    await waitFor('the link', () => node.link?.state === 'online');
    await load(write, 3);
    await client.quit();
    await until(
      'the offset',
      async () => Number((await server.replication()).master_repl_offset) === node.offset,
    );
    expect(node.digest).toBe(await digestOf(server));
    expect(node.replid).toBe((await server.replication()).master_replid);
  });

  it('serves a real server further down, byte for byte', async () => {
    const top = await startServer();
    const node = await startNode({ replicaOf: { host: '127.0.0.1', port: top.port } });
    await waitFor('the link', () => node.link?.state === 'online');
    await top.ask(['SELECT', '5'], ['SET', 'a', '1']);
    const last = await startServer(...replicaOf(node));
    await until('the link', linkIsUp(last));
    // No SELECT comes with it: the payload tells the database.
    await top.ask(['SELECT', '5'], ['SET', 'b', '2']);
    await until('the write', async () => (await last.ask(['SELECT', '5'], ['GET', 'b'])).includes('2'));
    await expectSame(node, last);
    expect(await digestOf(last)).toBe(await digestOf(top));
    expect(Number((await top.replication()).master_repl_offset)).toBe(node.offset);
  });
});

describe('clients', () => {
  it.skipIf(skipped)('redis-cli runs commands', async () => {
    const node = await startNode({ password: 'pw' });
    const cli = async (...args: string[]): Promise<string> => {
      const port = `${node.endpoint.port}`;
      return (await run('redis-cli', ['-p', port, '-a', 'pw', '--no-auth-warning', ...args])).stdout.trim();
    };
    expect(await cli('PING')).toBe('PONG');
    expect(await cli('-n', '3', 'SET', 'a', '1')).toBe('OK');
    expect(await cli('-n', '3', 'INCR', 'a')).toBe('2');
    expect(await cli('XADD', 's', '1-1', 'f', 'v')).toBe('1-1');
    expect(await cli('INFO', 'keyspace')).toContain('db3:keys=1,expires=0,avg_ttl=0');
    expect(await cli('ROLE')).toBe('master\n0');
    const rdb = join(folder, 'copy.rdb');
    await cli('--rdb', rdb);
    const checked = await run('redis-check-rdb', [rdb]);
    expect(checked.stdout).toContain('2 keys read');
  });

  it('ioredis connects with its ready check and runs commands and transactions', async () => {
    const node = await startNode({ startLoadTime: 300_000 });
    const client = new Redis(node.endpoint.port, '127.0.0.1', { enableReadyCheck: true });
    expect(await client.set('a', '1')).toBe('OK');
    expect(await client.get('a')).toBe('1');
    const results = await client.multi().incr('a').rpush('l', 'x', 'y').lrange('l', 0, -1).exec();
    expect(results).toEqual([
      [null, 2],
      [null, 2],
      [null, ['x', 'y']],
    ]);
    expect(await client.xadd('s', '5-1', 'f', 'v')).toBe('5-1');
    expect(await client.info('replication')).toContain('role:master');
    await expect(client.call('NOPE')).rejects.toThrow("unknown command 'NOPE'");
    await client.quit();
  });
});

it.skipIf(skipped)(
  `the link to a real server stays up under writes for ${SOAK_MS / 1000} s`,
  async () => {
    const node = await startNode({ pingPeriod: 1_000_000 });
    const server = await startServer(...replicaOf(node));
    await until('the link', linkIsUp(server));
    const end = Date.now() + SOAK_MS;
    for (let round = 0; Date.now() < end; round++) {
      for (let i = 0; i < 100; i++) tell(node, `SET key:${round % 50}:${i} ${round}`, i % 4);
      if (round % 50 === 0) expect((await server.replication()).master_link_status).toBe('up');
      await sleep(10);
    }
    await expectSame(node, server);
    expect(node.log.sessions).toHaveLength(1);
    expect(node.log.sessions[0]!.acks).toBeGreaterThan(SOAK_MS / 1000 - 2);
  },
  SOAK_MS + 15_000,
);

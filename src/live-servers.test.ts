import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { analyze } from './index.js';
import type { LinkDocument, SessionDocument, SummaryDocument } from './report/document.js';
import { freePort, RedisServer, Tcpdump } from './testing/redis-server.js';
import { closed, collect, sleep, startCli, waitFor } from './testing/run-cli.js';

/**
 * Real servers on this machine, captured by tcpdump: what is said of their links against what they say themselves (INFO), and
 * what TCP did against tshark.
 */

const missing = [
  ...['redis-server', 'tcpdump', 'tshark'].filter(
    (tool) => spawnSync(tool, ['--version']).error !== undefined,
  ),
  ...(process.getuid?.() === 0 ? [] : ['root']),
];

/** In CI nothing of this may be left out unnoticed. */
const skipped = missing.length > 0 && !process.env.CI;

const folder = mkdtempSync(join(tmpdir(), 'psyncscope-live-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** No PINGs beside the first one, so that offsets rest and can be compared to the byte. */
const OPTIONS = ['--repl-diskless-sync-delay', '0', '--repl-ping-replica-period', '3600'];

if (missing.length > 0)
  it(`needs what is missing here: ${missing.join(', ')}`, ({ skip }) => {
    skip(skipped, `missing: ${missing.join(', ')}`);
    expect(missing).toEqual([]);
  });

describe.skipIf(skipped)('a master, its replica and a replica of that', () => {
  const capture = join(folder, 'chain.pcap');
  let servers: RedisServer[] = [];
  let document: SummaryDocument;
  let upper: LinkDocument;
  let lower: LinkDocument;
  let masterInfo: Record<string, string>;
  let leafInfo: Record<string, string>;
  let stats: Record<string, string>;

  beforeAll(async () => {
    const ports = [await freePort(), await freePort(), await freePort()];
    const [a, b] = ports;
    servers = ports.map((port, index) => {
      const of = index === 0 ? [] : ['--replicaof', `127.0.0.1 ${index === 1 ? a : b}`];
      return new RedisServer(port, folder, [...OPTIONS, ...of]);
    });
    const [master, middle, leaf] = servers as [RedisServer, RedisServer, RedisServer];
    const dump = await Tcpdump.start(capture, ports);
    await master.start();
    await write(master, 'before', 20);
    await middle.start();
    await linkUp(middle);
    await write(master, 'replicated', 200);
    await leaf.start();
    await linkUp(leaf);
    // The replica comes back by itself and resumes where it was.
    await master.ask(['CLIENT', 'KILL', 'TYPE', 'replica']);
    await write(master, 'meanwhile', 50);
    await linkUp(middle);
    await write(master, 'large', 5, 100_000);
    await settled(master, [middle, leaf]);
    // Two ACKs behind the last write: one a second.
    await sleep(2500);
    [masterInfo, leafInfo, stats] = await Promise.all([
      master.replication(),
      leaf.replication(),
      master.stats(),
    ]);
    await dump.stop();
    for (const server of servers) await server.stop();
    document = await analyze(capture);
    upper = linkOf(document, a!);
    lower = linkOf(document, b!);
  });

  afterAll(async () => {
    for (const server of servers) await server.stop('SIGKILL');
  });

  it('are two links', () => {
    expect(document.capture.complete).toBe(true);
    expect(document.links.length).toBe(2);
    expect(upper.replica).toBe(lower.master);
  });

  it('synced as often as the master counts', () => {
    expect(upper.fullResyncs).toBe(Number(stats.sync_full));
    expect(upper.partialResyncs).toBe(Number(stats.sync_partial_ok));
    expect(upper.fullResyncs).toBe(1);
    expect(upper.partialResyncs).toBe(1);
  });

  it('have the history that the master names', () => {
    for (const link of [upper, lower])
      for (const { grantedReplid } of link.sessions.flatMap(({ syncs }) => syncs))
        expect(grantedReplid).toBe(masterInfo.master_replid);
  });

  it('reached the offsets that the servers tell', () => {
    const end = Number(masterInfo.master_repl_offset);
    expect(end).toBeGreaterThan(500_000);
    expect(latest(upper).offsets).toMatchObject({ basis: 'handshake', end, lastAck: end });
    expect(latest(lower).offsets).toMatchObject({ basis: 'handshake', end, lastAck: end });
    expect(Number(/offset=(\d+)/.exec(masterInfo.slave0!)![1])).toBe(end);
    expect(Number(leafInfo.slave_repl_offset)).toBe(end);
  });

  it('saw every command, none of them lost', () => {
    const count = (name: string) =>
      upper.sessions.reduce((sum, { stream }) => sum + (stream.byCommand[name] ?? 0), 0);
    expect(count('SET')).toBe(200 + 50 + 5);
    for (const { loss } of [...upper.sessions, ...lower.sessions])
      expect(loss).toMatchObject({ gaps: 0, resyncs: 0 });
    for (const link of [upper, lower])
      expect(latest(link)).toMatchObject({ drift: 0, lag: { lastBytes: 0 }, phase: 'online' });
  });

  it('carry the bytes that tshark counts, and as many retransmissions', () => {
    for (const session of [...upper.sessions, ...lower.sessions]) {
      const master = portOf(upper.sessions.includes(session) ? upper : lower);
      const oracle = tsharkTotals(capture, master, session.clientPort);
      expect(oracle.retransmitted).toBe(session.loss.retransmittedBytes);
      // What the master sent: the replies of the handshake, the payload with its header, the stream.
      const { payload, stream } = session;
      const accounted = stream.bytes + (payload?.bytes ?? 0);
      const overhead = oracle.fromMaster - accounted;
      expect(overhead).toBeGreaterThan(0);
      expect(overhead).toBeLessThan(300);
    }
  });
});

describe.skipIf(skipped)('a pipe from tcpdump', () => {
  it('prints events while the traffic runs', async () => {
    const [port, replicaPort] = [await freePort(), await freePort()];
    const master = new RedisServer(port, folder, OPTIONS);
    const replica = new RedisServer(replicaPort, folder, [...OPTIONS, '--replicaof', `127.0.0.1 ${port}`]);
    const program = startCli(['replay', '--commands', '-']);
    const output = collect(program.stdout);
    const ended = closed(program);
    const dump = await Tcpdump.start('-', [port]);
    dump.output.pipe(program.stdin);
    try {
      await master.start();
      await replica.start();
      await waitFor('the decision', () => output().includes('FULLRESYNC'));
      await waitFor('the link to be online', () => output().includes('online'));
      await master.ask(['SET', 'seen-at-once', '1']);
      await waitFor('the command', () => output().includes('seen-at-once'));
      await waitFor('an ACK', () => output().includes('REPLCONF ACK'));
    } finally {
      await dump.stop();
      await replica.stop();
      await master.stop();
    }
    expect(await ended).toBe(0);
  });
});

async function write(server: RedisServer, prefix: string, count: number, bytes = 20): Promise<void> {
  const value = 'v'.repeat(bytes);
  await server.ask(...Array.from({ length: count }, (_, i) => ['SET', `${prefix}:${i}`, value]));
}

async function linkUp(replica: RedisServer): Promise<void> {
  await waitForAsync(
    'the link to come up',
    async () => (await replica.replication()).master_link_status === 'up',
  );
}

async function settled(master: RedisServer, replicas: RedisServer[]): Promise<void> {
  await waitForAsync('the replicas to catch up', async () => {
    const goal = Number((await master.replication()).master_repl_offset);
    const all = await Promise.all(replicas.map((each) => each.replication()));
    return all.every((info) => goal - Number(info.slave_repl_offset) <= 14);
  });
}

async function waitForAsync(what: string, done: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 20_000;
  while (!(await done())) {
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
    await sleep(50);
  }
}

function linkOf(document: SummaryDocument, masterPort: number): LinkDocument {
  const link = document.links.find(({ master }) => master === `127.0.0.1:${masterPort}`);
  if (link === undefined) throw new Error(`no link of port ${masterPort}`);
  return link;
}

function latest(link: LinkDocument): SessionDocument {
  return link.sessions.at(-1)!;
}

function portOf(link: LinkDocument): number {
  return Number(link.master.split(':')[1]);
}

/** Payload bytes of one connection by direction, as tshark tells them; retransmitted ones are counted apart. */
function tsharkTotals(
  path: string,
  master: number,
  client: number,
): { fromMaster: number; retransmitted: number } {
  const filter = `tcp.port == ${master} && tcp.port == ${client} && tcp.len > 0`;
  const fields = ['tcp.srcport', 'tcp.len', 'tcp.analysis.retransmission'].flatMap((field) => ['-e', field]);
  const text = execFileSync('tshark', ['-r', path, '-Y', filter, '-T', 'fields', ...fields], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const totals = { fromMaster: 0, retransmitted: 0 };
  for (const line of text.split('\n').filter((each) => each !== '')) {
    const [source, length, again] = line.split('\t');
    if (again) totals.retransmitted += Number(length);
    else if (Number(source) === master) totals.fromMaster += Number(length);
  }
  return totals;
}

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { SummaryDocument } from '../../report/document.js';
import { freePort, RedisServer } from '../../testing/redis-server.js';
import { closed, collect, sleep, startCli, waitFor } from '../../testing/run-cli.js';

/** What happens on hosts: interfaces that go down, servers that restart, clients that come and go. */

const folder = mkdtempSync(join(tmpdir(), 'psyncscope-trouble-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const OPTIONS = ['--repl-diskless-sync-delay', '0', '--repl-ping-replica-period', '3600'];

async function sniff(args: readonly string[]) {
  const path = join(folder, `${args.length}-${Date.now()}.json`);
  const child = startCli(['sniff', '--summary', path, ...args]);
  const output = collect(child.stdout);
  const errors = collect(child.stderr);
  const ended = closed(child);
  await waitFor('the capture', () => errors().includes('listening on'));
  const summary = (): SummaryDocument => JSON.parse(readFileSync(path, 'utf8')) as SummaryDocument;
  return { child, output, errors, ended, summary };
}

describe('an interface that goes down', { retry: 2 }, () => {
  it('is told; the capture goes on when it is up, and the summary comes at the end', async () => {
    const space = `psyn${process.pid}`;
    const ip = (...args: string[]): void => {
      execFileSync('ip', args);
    };
    const [near, far] = [`${space.slice(-8)}a`, `${space.slice(-8)}b`];
    ip('netns', 'add', space);
    try {
      ip('link', 'add', near, 'type', 'veth', 'peer', 'name', far, 'netns', space);
      ip('addr', 'add', '198.51.100.1/30', 'dev', near);
      ip('link', 'set', near, 'up');
      ip('-n', space, 'addr', 'add', '198.51.100.2/30', 'dev', far);
      ip('-n', space, 'link', 'set', far, 'up');
      const { child, errors, ended, summary } = await sniff(['-i', near]);
      ip('link', 'set', near, 'down');
      await waitFor('the word', () => errors().includes(`the interface ${near} is down`));
      expect(errors()).toContain(`sudo ip link set ${near} up`);
      ip('link', 'set', near, 'up');
      await waitFor('the other word', () => errors().includes(`${near} is up again`));
      child.kill('SIGINT');
      expect(await ended).toBe(0);
      expect(summary().capture.sources).toEqual([near]);
    } finally {
      ip('netns', 'del', space);
    }
  });
});

describe('a busy host', { retry: 2 }, () => {
  it('replicas that restart and a thousand short connections a second leave the link right', async () => {
    const port = await freePort();
    const replicaPort = await freePort();
    const master = new RedisServer(port, folder, OPTIONS);
    const replica = new RedisServer(replicaPort, folder, [...OPTIONS, '--replicaof', `127.0.0.1 ${port}`]);
    const { child, ended, summary } = await sniff(['-i', 'lo', '-p', `${port}`, '-q']);
    try {
      await master.start();
      await replica.start();
      const clients = shortClients(port, 3000, 3000);
      await sleep(1200);
      await replica.stop();
      await replica.start();
      const served = await clients;
      expect(served).toBeGreaterThan(2500);
      const goal = async (): Promise<string> => (await master.replication()).master_repl_offset!;
      for (let tries = 0; (await replica.replication()).slave_repl_offset !== (await goal()); tries++) {
        expect(tries).toBeLessThan(100);
        await sleep(100);
      }
      await sleep(1500);
      const offset = Number(await goal());
      const stats = await master.stats();
      child.kill('SIGINT');
      expect(await ended).toBe(0);
      const document = summary();
      expect(document.links).toHaveLength(1);
      expect(document.links[0]).toMatchObject({
        fullResyncs: Number(stats.sync_full),
        partialResyncs: Number(stats.sync_partial_ok),
      });
      expect(document.links[0]!.sessions.at(-1)!.offsets).toMatchObject({ end: offset, lastAck: offset });
      expect(document.ignored.connections).toBeGreaterThanOrEqual(served);
    } finally {
      child.kill('SIGKILL');
      await replica.stop('SIGKILL');
      await master.stop('SIGKILL');
    }
  });
});

/** Connections of one SET each, evenly over so many ms. @returns how many were answered. */
async function shortClients(port: number, count: number, ms: number): Promise<number> {
  const start = Date.now();
  let served = 0;
  for (let i = 0; i < count; i++) {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    socket.on('data', () => {
      served++;
      socket.end();
    });
    socket.write(`*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$${String(i).length}\r\n${i}\r\n`);
    const due = start + ((i + 1) * ms) / count;
    if (Date.now() < due) await sleep(due - Date.now());
  }
  await sleep(300);
  return served;
}

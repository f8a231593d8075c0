import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { freePort, RedisServer } from '../../testing/redis-server.js';
import { sleep } from '../../testing/run-cli.js';
import { AT_REST, BACKENDS, BUSY, caughtUp, startSniff } from '../../testing/sniffing.js';

/** What happens on hosts: servers that restart, clients that come and go. Interfaces that go down: cli-remote.test.ts. */

const folder = mkdtempSync(join(tmpdir(), 'psyncscope-trouble-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(BACKENDS)('a busy host, through %s', BUSY, (backend) => {
  it('replicas that restart and a thousand short connections a second leave the link right', async () => {
    const port = await freePort();
    const replicaPort = await freePort();
    const master = new RedisServer(port, folder, AT_REST);
    const replica = new RedisServer(replicaPort, folder, [...AT_REST, '--replicaof', `127.0.0.1 ${port}`]);
    const { child, ended, summary } = await startSniff([
      ...['-i', 'lo', '-p', `${port}`, '-q', '--capture-with', backend],
    ]);
    try {
      await master.start();
      await replica.start();
      const clients = shortClients(port, 3000, 3000);
      await sleep(1200);
      await replica.stop();
      await replica.start();
      const served = await clients;
      expect(served).toBeGreaterThan(2500);
      const offset = await caughtUp(master, replica);
      await sleep(2500);
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

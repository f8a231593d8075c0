import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { freePort, RedisServer } from '../../testing/redis-server.js';
import { sleep, waitFor } from '../../testing/run-cli.js';
import {
  AT_REST,
  BACKENDS,
  BUSY,
  caughtUp,
  latestSession,
  startSniff,
  write,
} from '../../testing/sniffing.js';

/** Two hosts, each a network namespace, with a cable between them: a master on one and its replica on the other. */

const folder = mkdtempSync(join(tmpdir(), 'psyncscope-remote-'));

const [masterHost, replicaHost] = [`psm${process.pid}`, `psr${process.pid}`];
const on = (host: string): string[] => ['ip', 'netns', 'exec', host];

function ip(...args: string[]): void {
  execFileSync('ip', args);
}

beforeAll(() => {
  for (const host of [masterHost, replicaHost]) {
    ip('netns', 'add', host);
    ip('-n', host, 'link', 'set', 'lo', 'up');
  }
  ip(
    '-n',
    masterHost,
    'link',
    'add',
    'front0',
    'type',
    'veth',
    'peer',
    'name',
    'back0',
    'netns',
    replicaHost,
  );
  for (const [host, name, address] of [
    [masterHost, 'front0', '198.51.100.1/30'],
    [replicaHost, 'back0', '198.51.100.2/30'],
  ] as const) {
    ip('-n', host, 'addr', 'add', address, 'dev', name);
    ip('-n', host, 'link', 'set', name, 'up');
  }
});

afterAll(() => {
  ip('netns', 'del', masterHost);
  ip('netns', 'del', replicaHost);
  rmSync(folder, { recursive: true, force: true });
});

let port: number;
let master: RedisServer;
let replica: RedisServer;

beforeEach(async () => {
  port = await freePort();
  const open = ['--protected-mode', 'no'];
  const options = [...AT_REST, ...open];
  master = new RedisServer(port, folder, options, { prefix: on(masterHost), address: '198.51.100.1' });
  replica = new RedisServer(
    await freePort(),
    folder,
    [...options, '--replicaof', `198.51.100.1 ${port}`, '--repl-timeout', '60'],
    { prefix: on(replicaHost), address: '198.51.100.2' },
  );
  await master.start();
});

afterEach(async () => {
  await replica.stop('SIGKILL');
  await master.stop('SIGKILL');
});

describe('without -i', BUSY, () => {
  it.each([
    ['the master', masterHost, 'front0'],
    ['the replica', replicaHost, 'back0'],
  ])('on the host of %s it is the interface of the link, not the loopback', async (_, host, name) => {
    await replica.start();
    await caughtUp(master, replica);
    const sniff = await startSniff(['-p', `${port}`], on(host));
    expect(sniff.errors()).toContain(
      `no -i given: ${name}, as all connections of port ${port} pass it; -i any sees those over others too`,
    );
    await write(master, 20);
    await sleep(2500);
    const offset = await caughtUp(master, replica);
    sniff.child.kill('SIGINT');
    expect(await sniff.ended).toBe(0);
    expect(sniff.summary().capture.sources).toEqual([name]);
    expect(sniff.summary().links.map((link) => link.master)).toEqual([`198.51.100.1:${port}`]);
    expect(latestSession(sniff.summary())).toMatchObject({
      joinedMidstream: true,
      offsets: { end: offset, lastAck: offset },
    });
  });

  it('with clients over the loopback besides it is any, where the link is seen once', async () => {
    await replica.start();
    await caughtUp(master, replica);
    // To its own address: these packets pass the loopback.
    execFileSync('ip', [
      'netns',
      'exec',
      masterHost,
      'redis-cli',
      '-h',
      '198.51.100.1',
      '-p',
      `${port}`,
      'ping',
    ]);
    const sniff = await startSniff(['-p', `${port}`], on(masterHost));
    expect(sniff.errors()).toContain(`no -i given: any, as connections of port ${port} pass front0 and lo`);
    await write(master, 20);
    await sleep(2500);
    const offset = await caughtUp(master, replica);
    sniff.child.kill('SIGINT');
    expect(await sniff.ended).toBe(0);
    expect(latestSession(sniff.summary())).toMatchObject({
      offsets: { end: offset, lastAck: offset },
      loss: { retransmittedBytes: 0, gaps: 0 },
      stream: { byCommand: { SET: 20 } },
    });
  });
});

describe.each(BACKENDS)('an interface that goes down, through %s', BUSY, (backend) => {
  const isCap = backend === 'cap';
  const outcome = isCap
    ? 'ends that capture, with what was seen'
    : 'is told, and nothing is wrong afterwards';

  it(outcome, async () => {
    const args = ['-i', 'front0', '-p', `${port}`, '--capture-with', backend];
    const sniff = await startSniff(args, on(masterHost));
    await replica.start();
    await caughtUp(master, replica);
    await write(master, 20, 'before');
    await sleep(2500);
    ip('-n', masterHost, 'link', 'set', 'front0', 'down');
    try {
      if (isCap) {
        // The addon does not live through it.
        expect(await sniff.ended).toBe(3);
        expect(sniff.errors()).toContain('the interface front0 went away, or down\n  → start again');
        expect(latestSession(sniff.summary())).toMatchObject({
          offsets: { basis: 'handshake' },
          stream: { byCommand: { SET: 20 } },
        });
        return;
      }
      await waitFor('the word', () => sniff.errors().includes('the interface front0 is down'));
      expect(sniff.errors()).toContain('→ sudo ip link set front0 up');
      await write(master, 30, 'meanwhile');
    } finally {
      ip('-n', masterHost, 'link', 'set', 'front0', 'up');
    }
    await waitFor('the other word', () => sniff.errors().includes('front0 is up again'));
    await caughtUp(master, replica);
    await write(master, 20, 'after');
    const offset = await caughtUp(master, replica);
    await sleep(2500);
    sniff.child.kill('SIGINT');
    expect(await sniff.ended).toBe(0);
    const document = sniff.summary();
    expect(document.links).toHaveLength(1);
    // The connection lives through it: TCP sends again what was lost.
    expect(document.links[0]!.sessions).toHaveLength(1);
    expect(latestSession(document)).toMatchObject({
      phase: 'online',
      offsets: { basis: 'handshake', end: offset, lastAck: offset },
      lag: { lastBytes: 0 },
      drift: 0,
      loss: { gaps: 0, resyncs: 0 },
      stream: { byCommand: { SET: 70 } },
    });
  });
});

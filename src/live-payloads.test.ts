import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { RdbReport } from './report/rdb-report.js';
import { replicationFixtures } from './testing/fixtures.js';
import { freePort, RedisServer, Tcpdump } from './testing/redis-server.js';
import { runCli, sleep, waitFor } from './testing/run-cli.js';

/** What `rdb --save` and `replay --aof` write, in a real server. */

const missing = ['redis-server', 'redis-check-rdb', 'redis-cli'].filter(
  (tool) => spawnSync(tool, ['--version']).error !== undefined,
);
const skipped = missing.length > 0 && !process.env.CI;
const noCapture = spawnSync('tcpdump', ['--version']).error !== undefined || process.getuid?.() !== 0;

const folder = mkdtempSync(join(tmpdir(), 'psyncscope-payloads-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** RDB versions that the server of Debian 12 (7.0) loads. */
const NEWEST_VERSION = 10;

interface ExpectedPayload {
  complete?: boolean;
  rdb?: { version?: number };
}

interface KeyLine {
  db: number;
  expiresAt: string | null;
}

describe.skipIf(skipped)('saved payloads are loaded, with as many keys as were counted', () => {
  for (const { name, path, expectation } of replicationFixtures().filter(hasLoadable))
    it(name, async () => {
      const saved = join(folder, name);
      const { stdout } = await runCli(['rdb', '--json', '--save', saved, path]);
      const payloads = (JSON.parse(stdout) as RdbReport).payloads.filter(
        ({ savedAs, rdb }) => savedAs !== null && rdb!.version! <= NEWEST_VERSION,
      );
      expect(payloads.length, JSON.stringify(expectation.capture)).toBeGreaterThan(0);
      for (const { savedAs } of payloads) {
        expect(execFileSync('redis-check-rdb', [savedAs!], { encoding: 'utf8' })).toContain('looks OK');
        expect(await loadedKeys(savedAs!)).toEqual(await expectedKeys(savedAs!));
      }
    });
});

/** True for captures that hold a whole payload of a version that the server loads. */
function hasLoadable({ expectation }: ReturnType<typeof replicationFixtures>[number]): boolean {
  const sessions = expectation.facts.links.flatMap(
    (link) => link.sessions as { payload?: ExpectedPayload | null }[],
  );
  return sessions.some(
    ({ payload }) => payload?.complete === true && (payload.rdb?.version ?? 99) <= NEWEST_VERSION,
  );
}

/** Keys by database once a server has loaded the file. */
async function loadedKeys(path: string): Promise<Record<string, number>> {
  const port = await freePort();
  const data = mkdtempSync(join(folder, 'data-'));
  copyFileSync(path, join(data, `${port}.rdb`));
  const server = new RedisServer(port, data, ['--databases', '64']);
  await server.start();
  try {
    const keyspace = await server.ask(['INFO', 'keyspace']);
    return Object.fromEntries(
      [...keyspace.matchAll(/db(\d+):keys=(\d+)/g)].map((each) => [each[1], Number(each[2])]),
    );
  } finally {
    await server.stop();
  }
}

/** Keys that have not expired by now: a master drops the others while it loads. */
async function expectedKeys(path: string): Promise<Record<string, number>> {
  const { stdout } = await runCli(['rdb', '--keys', path]);
  const counts: Record<string, number> = {};
  for (const line of stdout.split('\n').filter(Boolean)) {
    const { db, expiresAt } = JSON.parse(line) as KeyLine;
    if (expiresAt === null || Date.parse(expiresAt) > Date.now()) counts[db] = (counts[db] ?? 0) + 1;
  }
  return counts;
}

describe.skipIf(skipped || (noCapture && !process.env.CI))('payload and command stream', () => {
  it('together make the data set of the master again', async () => {
    const [port, replicaPort, copyPort] = [await freePort(), await freePort(), await freePort()];
    const capture = join(folder, 'live.pcap');
    const master = new RedisServer(port, folder, [
      '--enable-debug-command',
      'yes',
      '--repl-diskless-sync-delay',
      '0',
    ]);
    const replica = new RedisServer(replicaPort, folder, ['--replicaof', `127.0.0.1 ${port}`]);
    const dump = await Tcpdump.start(capture, [port]);
    await master.start();
    let digest: string;
    try {
      await fill(master, 'before');
      await replica.start();
      await waitForLink(replica);
      await fill(master, 'behind');
      // The replica comes back, and is sent what it missed.
      await master.ask(['CLIENT', 'KILL', 'TYPE', 'replica']);
      await fill(master, 'resumed');
      await waitForLink(replica);
      await sleep(1500);
      digest = await master.ask(['DEBUG', 'DIGEST']);
    } finally {
      await dump.stop();
      await replica.stop();
      await master.stop();
    }
    const saved = join(folder, 'live');
    await runCli(['rdb', '--save', saved, capture]);
    const [payload, ...others] = readdirSync(saved);
    expect(others).toEqual([]);
    const aof = await runCli(['replay', '-q', '--aof', join(folder, 'live.aof'), capture]);
    expect(aof.code).toBe(0);
    expect(aof.stderr).not.toContain('gap');
    const data = join(folder, 'copy');
    mkdirSync(data);
    copyFileSync(join(saved, payload!), join(data, `${copyPort}.rdb`));
    const copy = new RedisServer(copyPort, data, ['--enable-debug-command', 'yes']);
    await copy.start();
    try {
      const pipe = spawnSync('redis-cli', ['-p', `${copyPort}`, '--pipe'], {
        input: readFileSync(join(folder, 'live.aof')),
        encoding: 'utf8',
      });
      expect(pipe.stdout).toContain('errors: 0');
      expect(await copy.ask(['DEBUG', 'DIGEST'])).toBe(digest);
    } finally {
      await copy.stop();
    }
  });
});

async function fill(server: RedisServer, prefix: string): Promise<void> {
  const requests: string[][] = [];
  for (let i = 0; i < 60; i++) {
    requests.push(['SELECT', String(i % 5)]);
    requests.push(['SET', `${prefix}:s${i}`, 'v'.repeat(i * 37)], ['INCR', 'shared']);
    requests.push(['RPUSH', `${prefix}:l`, String(i)], ['HSET', 'hash', `${prefix}${i}`, 'x']);
    requests.push(['MULTI'], ['ZADD', 'z', String(i), `${prefix}${i}`], ['INCR', 'shared'], ['EXEC']);
    requests.push(['XADD', 'stream', '*', 'f', prefix]);
  }
  requests.push(['SET', `${prefix}:large`, 'L'.repeat(300_000)]);
  requests.push(['EVAL', "redis.call('SET','a','1') redis.call('INCR','b')", '0'], ['SPOP', 'none']);
  await server.ask(...requests);
}

async function waitForLink(replica: RedisServer): Promise<void> {
  let up = false;
  const poll = setInterval(() => {
    replica.replication().then(
      (info) => {
        up = info.master_link_status === 'up';
      },
      () => {},
    );
  }, 50);
  try {
    await waitFor('the link', () => up);
  } finally {
    clearInterval(poll);
  }
}

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { analyze } from './index.js';
import type { FindingDocument, SummaryDocument } from './report/document.js';
import { freePort, RedisServer, Tcpdump } from './testing/redis-server.js';
import { sleep } from './testing/run-cli.js';

/** Advice put to the test: a real master is configured as advised, and the same story is played again. */

const missing = [
  ...['redis-server', 'tcpdump'].filter((tool) => spawnSync(tool, ['--version']).error !== undefined),
  ...(process.getuid?.() === 0 ? [] : ['root']),
];

/** In CI nothing of this may be left out unnoticed. */
const skipped = missing.length > 0 && !process.env.CI;

const folder = mkdtempSync(join(tmpdir(), 'psyncscope-advice-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const OUTAGE_WRITES = 40;
const VALUE = 'v'.repeat(100_000);

interface Outcome {
  document: SummaryDocument;
  /** What the master counts (INFO stats). */
  stats: Record<string, string>;
}

/** A replica that stands still while its connection is cut and 4 MB are written, then comes back. */
async function outage(name: string, backlogBytes: number): Promise<Outcome> {
  const capture = join(folder, `${name}.pcap`);
  const [port, replicaPort] = [await freePort(), await freePort()];
  const common = ['--repl-diskless-sync-delay', '0', '--enable-debug-command', 'yes'];
  const master = new RedisServer(port, folder, [...common, '--repl-backlog-size', String(backlogBytes)]);
  const replica = new RedisServer(replicaPort, folder, [...common, '--replicaof', `127.0.0.1 ${port}`]);
  const dump = await Tcpdump.start(capture, [port]);
  try {
    await master.start();
    await replica.start();
    await linkUp(replica);
    await master.ask(['SET', 'before', 'the outage']);
    await sleep(1_200);
    const pause = replica.ask(['DEBUG', 'SLEEP', '1.5']);
    await sleep(200);
    await master.ask(['CLIENT', 'KILL', 'TYPE', 'replica']);
    await master.ask(...Array.from({ length: OUTAGE_WRITES }, (_, i) => ['SET', `during:${i}`, VALUE]));
    await pause;
    await sleep(300);
    await linkUp(replica);
    await sleep(1_200);
    const stats = await master.stats();
    await dump.stop();
    return { document: await analyze(capture), stats };
  } finally {
    await dump.stop();
    await replica.stop('SIGKILL');
    await master.stop('SIGKILL');
  }
}

async function linkUp(replica: RedisServer): Promise<void> {
  const end = Date.now() + 20_000;
  while ((await replica.replication()).master_link_status !== 'up') {
    if (Date.now() > end) throw new Error('waited in vain for the link to come up');
    await sleep(50);
  }
}

const overflows = ({ findings }: SummaryDocument): FindingDocument[] =>
  findings.filter(({ code }) => code === 'backlog-overflow');

if (missing.length > 0)
  it(`needs what is missing here: ${missing.join(', ')}`, ({ skip }) => {
    skip(skipped, `missing: ${missing.join(', ')}`);
    expect(missing).toEqual([]);
  });

describe.skipIf(skipped)('the advised repl-backlog-size', () => {
  it('lets a real replica continue after the outage that had cost a full resync', {
    timeout: 60_000,
  }, async () => {
    const small = await outage('small', 1024 * 1024);
    expect(small.stats).toMatchObject({ sync_full: '2', sync_partial_ok: '0' });
    const [found, ...others] = overflows(small.document);
    expect(others).toEqual([]);
    const missed = Number(found!.evidence.missedBytes);
    expect(missed).toBeGreaterThan(OUTAGE_WRITES * VALUE.length);
    expect(missed).toBeLessThan(OUTAGE_WRITES * (VALUE.length + 100) + 1_000);
    expect(found!.advice).toContain('CONFIG SET repl-backlog-size 8mb on the master');

    const advised = await outage('advised', Number(found!.evidence.advisedBytes));
    expect(advised.stats).toMatchObject({ sync_full: '1', sync_partial_ok: '1' });
    expect(overflows(advised.document)).toEqual([]);
    expect(advised.document.links[0]).toMatchObject({ fullResyncs: 1, partialResyncs: 1 });
  });
});

/** A sync that lasts for a second, while 4 MB are written: more than the limit of this master takes. */
async function busySync(name: string, limit: string): Promise<Outcome> {
  const capture = join(folder, `${name}.pcap`);
  const [port, replicaPort] = [await freePort(), await freePort()];
  const common = ['--repl-diskless-sync-delay', '0', '--enable-debug-command', 'yes'];
  const slow = ['--rdb-key-save-delay', '20000', '--rdbcompression', 'no', '--repl-backlog-size', '16kb'];
  const master = new RedisServer(port, folder, [...common, ...slow]);
  const replica = new RedisServer(replicaPort, folder, [...common, '--replicaof', `127.0.0.1 ${port}`]);
  const dump = await Tcpdump.start(capture, [port]);
  try {
    await master.start();
    expect(await master.ask(['CONFIG', 'SET', 'client-output-buffer-limit', limit])).toBe('+OK\r\n');
    for (let i = 0; i < 40; i++) await master.ask(['SET', `key:${i}`, 'v'.repeat(5_000)]);
    await replica.start();
    for (let i = 0; i < OUTAGE_WRITES; i++) {
      await master.ask(['SET', 'hot', VALUE]);
      await sleep(40);
    }
    await linkUp(replica);
    await sleep(1_200);
    const stats = await master.stats();
    await dump.stop();
    return { document: await analyze(capture), stats };
  } finally {
    await dump.stop();
    await replica.stop('SIGKILL');
    await master.stop('SIGKILL');
  }
}

const cutOff = ({ findings }: SummaryDocument): FindingDocument[] =>
  findings.filter(({ code, evidence }) => code === 'transfer-aborted' && evidence.reason === 'output-buffer');

describe.skipIf(skipped)('the advised client-output-buffer-limit', () => {
  it('lets a real replica through that a smaller one had cut off again and again', {
    timeout: 60_000,
  }, async () => {
    const small = await busySync('small-buffer', 'replica 262144 262144 60');
    expect(Number(small.stats.sync_full)).toBeGreaterThan(1);
    const [found] = cutOff(small.document);
    expect(found).toBeDefined();
    // The very words between the quotes are what the master is configured with.
    const advised = /CONFIG SET client-output-buffer-limit "([^"]+)"/.exec(found!.advice ?? '')?.[1];
    expect(advised).toBe('replica 268435456 67108864 60');

    const again = await busySync('advised-buffer', advised!);
    expect(again.stats.sync_full).toBe('1');
    expect(cutOff(again.document)).toEqual([]);
    expect(again.document.links[0]).toMatchObject({ fullResyncs: 1, reconnects: 0 });
  });
});

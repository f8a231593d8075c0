import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { analyze } from '../../index.js';
import type { SessionDocument, SummaryDocument } from '../../report/document.js';
import { freePort, RedisServer } from '../../testing/redis-server.js';
import { closed, collect, runCli, sleep, startCli, waitFor } from '../../testing/run-cli.js';

/** `psyncscope sniff` as a user runs it, on real servers. Root, or the right to capture, is needed. */

const folder = mkdtempSync(join(tmpdir(), 'psyncscope-sniff-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** No PINGs beside the first one, so that offsets rest and can be compared to the byte. */
const OPTIONS = ['--repl-diskless-sync-delay', '0', '--repl-ping-replica-period', '3600'];

const BACKENDS = ['dumpcap', 'tcpdump', 'cap'] as const;

let master: RedisServer;
let replica: RedisServer;
let port: number;
let ports: string[];
let files = 0;

beforeEach(async () => {
  port = await freePort();
  master = new RedisServer(port, folder, OPTIONS);
  replica = new RedisServer(await freePort(), folder, [...OPTIONS, '--replicaof', `127.0.0.1 ${port}`]);
  ports = ['-i', 'lo', '-p', `${port}`];
});

afterEach(async () => {
  await replica.stop('SIGKILL');
  await master.stop('SIGKILL');
});

/** Starts it, and waits until it captures: it tells of every packet from then on. */
async function start(...args: string[]) {
  const path = join(folder, `${++files}.json`);
  const child = startCli(['sniff', ...ports, '--summary', path, ...args]);
  const output = collect(child.stdout);
  const errors = collect(child.stderr);
  const ended = closed(child);
  await waitFor('the capture', () => {
    if (child.exitCode !== null) throw new Error(`it ended: ${errors()}`);
    return errors().includes('listening on');
  });
  const summary = (): SummaryDocument => JSON.parse(readFileSync(path, 'utf8')) as SummaryDocument;
  return { child, output, errors, ended, summary };
}

async function write(count: number, prefix = 'key'): Promise<void> {
  await master.ask(...Array.from({ length: count }, (_, i) => ['SET', `${prefix}:${i}`, 'value']));
}

async function caughtUp(): Promise<void> {
  for (;;) {
    const [from, to] = await Promise.all([master.replication(), replica.replication()]);
    if (to.master_link_status === 'up' && to.slave_repl_offset === from.master_repl_offset) return;
    await sleep(50);
  }
}

const latest = ({ links }: SummaryDocument): SessionDocument => links[0]!.sessions.at(-1)!;

/** On a machine that is busy with something else the kernel may drop packets. */
const BUSY = { retry: 2 };

describe.each(BACKENDS)('through %s', BUSY, (backend) => {
  it('decisions, offsets and lag are what both servers say', async () => {
    const sniff = await start('--capture-with', backend);
    expect(sniff.errors()).toContain(backend);
    await master.start();
    await replica.start();
    await caughtUp();
    await write(50);
    await master.ask(['CLIENT', 'KILL', 'TYPE', 'replica']);
    await write(50, 'meanwhile');
    await caughtUp();
    // Two ACKs behind the last write.
    await sleep(2500);
    const [ofMaster, ofReplica, stats] = [
      await master.replication(),
      await replica.replication(),
      await master.stats(),
    ];
    sniff.child.kill('SIGINT');
    expect(await sniff.ended).toBe(0);
    const document = sniff.summary();
    expect(document.capture).toMatchObject({
      format: 'live',
      sources: ['lo'],
      complete: true,
      cutPackets: 0,
    });
    expect(document.links).toHaveLength(1);
    const [link] = document.links;
    expect(link).toMatchObject({
      fullResyncs: Number(stats.sync_full),
      partialResyncs: Number(stats.sync_partial_ok),
    });
    const offset = Number(ofMaster.master_repl_offset);
    expect(offset).toBeGreaterThan(3000);
    expect(Number(ofReplica.slave_repl_offset)).toBe(offset);
    expect(latest(document)).toMatchObject({
      phase: 'online',
      offsets: { basis: 'handshake', end: offset, lastAck: offset },
      lag: { lastBytes: 0 },
      drift: 0,
      loss: { gaps: 0, resyncs: 0 },
    });
    expect(latest(document).syncs[0]).toMatchObject({
      decision: 'CONTINUE',
      grantedReplid: ofMaster.master_replid,
    });
    // What INFO calls lag, in whole seconds: the age of the last ACK. Every second one, give or take what a loaded machine takes.
    expect(latest(document).acks.maxIntervalMs!).toBeLessThan(2500);
    expect(sniff.output()).toContain('FULLRESYNC');
    expect(sniff.output()).toContain('CONTINUE');
    expect(sniff.output()).toContain('ACK interval');
  });
});

describe('a link that was there before', BUSY, () => {
  it('is joined in the middle, with the offset that the servers tell', async () => {
    await master.start();
    await replica.start();
    await caughtUp();
    const sniff = await start('--stat', '1');
    await write(20);
    await sleep(3000);
    const offset = Number((await master.replication()).master_repl_offset);
    sniff.child.kill('SIGTERM');
    expect(await sniff.ended).toBe(0);
    expect(latest(sniff.summary())).toMatchObject({
      joinedMidstream: true,
      offsets: { basis: 'inferred', end: offset, lastAck: offset },
    });
    const lines = sniff.output().split('\n');
    expect(lines.filter((line) => line.includes('online')).length).toBeGreaterThan(1);
    expect(lines.some((line) => line.includes('online') && line.includes(`${offset}`))).toBe(true);
  });
});

describe('what is saved', BUSY, () => {
  it('shows other commands the same', async () => {
    const path = join(folder, 'saved.pcap');
    const sniff = await start('-q', '-w', path);
    await master.start();
    await replica.start();
    await caughtUp();
    await write(30);
    await sleep(1500);
    sniff.child.kill('SIGINT');
    expect(await sniff.ended).toBe(0);
    const { links, capture } = await analyze(path);
    expect(links).toEqual(sniff.summary().links);
    expect(capture.packets).toBe(sniff.summary().capture.packets);
  });

  it('goes to several files in turn, compressed by name', async () => {
    const sniff = await start('-q', '-w', join(folder, 'ring.pcap.gz'), '-C', '1', '-W', '2');
    await master.start();
    const value = 'x'.repeat(50_000);
    for (let i = 0; i < 60; i++) await master.ask(['SET', `big:${i}`, value]);
    sniff.child.kill('SIGINT');
    expect(await sniff.ended).toBe(0);
    const names = readdirSync(folder).filter((name) => name.startsWith('ring'));
    expect(names.sort()).toEqual(['ring.pcap0.gz', 'ring.pcap1.gz']);
    for (const name of names) {
      const bytes = gunzipSync(readFileSync(join(folder, name)));
      expect(bytes.length).toBeLessThan(1_100_000);
      expect((await analyze(join(folder, name))).capture.complete).toBe(true);
    }
  });

  it('to a full disk ends the capture: what was seen is told, exit code 3', async () => {
    if (!existsSync('/dev/full')) throw new Error('no /dev/full here');
    const sniff = await start('-w', '/dev/full');
    await master.start();
    await replica.start();
    expect(await sniff.ended).toBe(3);
    expect(sniff.errors()).toMatch(/\/dev\/full: cannot be written: .*ENOSPC/);
    expect(sniff.summary().capture.packets).toBeGreaterThan(0);
  });
});

describe('the end', BUSY, () => {
  it('comes after so many packets', async () => {
    const sniff = await start('-c', '10');
    await master.start();
    await replica.start();
    expect(await sniff.ended).toBe(0);
    expect(sniff.summary().capture.packets).toBe(10);
  });

  it('comes after a time', async () => {
    const begin = Date.now();
    const { code } = await runCli(['sniff', ...ports, '--duration', '1s']);
    expect(code).toBe(0);
    expect(Date.now() - begin).toBeLessThan(8000);
  });

  it('is not SIGUSR1, which shows the table', async () => {
    await master.start();
    await replica.start();
    await caughtUp();
    const sniff = await start('-q');
    await waitFor('an ACK to be seen', () => {
      sniff.child.kill('SIGUSR1');
      return sniff.output().includes('online');
    });
    expect(sniff.child.exitCode).toBeNull();
    sniff.child.kill('SIGINT');
    expect(await sniff.ended).toBe(0);
  });

  it('is told when what captures is killed: exit code 3, and the summary all the same', async () => {
    await master.start();
    const sniff = await start('--capture-with', 'tcpdump');
    await replica.start();
    await waitFor('the sync', () => sniff.output().includes('FULLRESYNC'));
    const { execFileSync } = await import('node:child_process');
    execFileSync('pkill', ['-KILL', '-P', `${sniff.child.pid}`, 'tcpdump']);
    expect(await sniff.ended).toBe(3);
    expect(sniff.errors()).toContain('tcpdump was ended by SIGKILL');
    expect(sniff.output()).toContain('ACK interval');
    expect(sniff.summary().links).toHaveLength(1);
  });
});

describe('a command', BUSY, () => {
  it('is captured while it runs, from its first packet on', async () => {
    await master.start();
    const path = join(folder, 'command.json');
    const sync = ['redis-cli', '-p', `${port}`, '--rdb', join(folder, 'command.rdb')];
    const { code, stdout } = await runCli(['sniff', ...ports, '--summary', path, '--', ...sync]);
    expect(code).toBe(0);
    const { links } = JSON.parse(readFileSync(path, 'utf8')) as SummaryDocument;
    expect(links).toHaveLength(1);
    expect(links[0]!.sessions[0]!.payload).toMatchObject({ complete: true });
    expect(stdout).toContain('ACK interval');
  });

  it.each([
    [['sh', '-c', 'exit 7'], 7],
    [['sh', '-c', 'kill -TERM $$'], 143],
  ])('%j: its exit code is ours', async (command, code) => {
    expect((await runCli(['sniff', ...ports, '--', ...command])).code).toBe(code);
  });

  it('goes on when the capture has ended before it', async () => {
    const { code, stdout, stderr } = await runCli([
      ...['sniff', ...ports, '-c', '1', '--'],
      ...['sh', '-c', `redis-cli -p ${port} ping; sleep 1; echo over`],
    ]);
    expect(code).toBe(0);
    expect(stdout).toContain('over');
    expect(stderr).toContain('the capture has ended');
  });

  it('gets the signals that we get, and its end is ours', async () => {
    const child = startCli([
      'sniff',
      ...ports,
      '--',
      'sh',
      '-c',
      'trap "exit 9" TERM; while :; do sleep 0.1; done',
    ]);
    const errors = collect(child.stderr);
    await waitFor('the capture', () => errors().includes('listening on'));
    await sleep(300);
    child.kill('SIGTERM');
    expect(await closed(child)).toBe(9);
  });

  it('that does not exist is an input error', async () => {
    const { code, stderr } = await runCli(['sniff', ...ports, '--', 'no-such-command-here']);
    expect(code).toBe(3);
    expect(stderr).toContain('cannot be run');
  });
});

describe('what cannot be', () => {
  it.each([
    [['-i', 'nosuch0'], 3, 'there is no interface nosuch0'],
    [['-i', 'lo', '-f', 'not a filter'], 3, 'the filter'],
    [['-i', 'lo', '-p', '70000'], 2, 'not a TCP port (1 to 65535): 70000'],
    [['-i', 'lo', '-p', '0'], 2, 'not a TCP port (1 to 65535): 0'],
    [['-i', 'lo', '-p', 'abc'], 2, 'not a TCP port (1 to 65535): abc'],
    [['-i', 'lo', '-p', '6379', '-p', '1e3'], 2, 'not a TCP port (1 to 65535): 1e3'],
    [['-i', 'lo', '-W', '3'], 2, 'need -w'],
    [['-i', 'lo', '-w', '/no/such/folder/x.pcap'], 3, 'cannot be written'],
    [['-i', 'lo', '--json', '--top'], 2, '--json and --top'],
    [['-i', 'lo', '--duration', 'soon'], 2, 'not a duration'],
    [['-i', 'lo', '-c', '0'], 2, 'not a whole number'],
    [['-i', 'lo', '--metrics', 'x:y'], 2, '--metrics'],
    [['-i', 'lo', '--host', 'localhost'], 2, '--host'],
    [['-i', 'lo', '-i', 'any'], 2, '--interface is given more than once'],
    [['-i', 'lo', '-w', '-'], 2, '--write -: give a file'],
    [['-i', 'lo', '--top', '--', 'true'], 2, '--top and a command'],
    [['-i', 'lo', '--'], 2, 'no command behind --'],
  ])('%j is refused with exit code %i', async (args, code, text) => {
    const { code: seen, stderr } = await runCli(['sniff', ...args]);
    expect(stderr).toContain(text);
    expect(seen).toBe(code);
  });

  it('a terminal view without a terminal becomes plain lines', async () => {
    const { code, stderr } = await runCli(['sniff', ...ports, '--top', '--duration', '1500ms']);
    expect(code).toBe(0);
    expect(stderr).toContain('--top needs a terminal');
  });
});

describe('metrics', BUSY, () => {
  it('are served while it runs', async () => {
    await master.start();
    await replica.start();
    await caughtUp();
    const sniff = await start('-q', '--metrics', '0');
    const url = /metrics at (\S+)/.exec(sniff.errors())![1]!;
    await write(5);
    await sleep(2500);
    const text = await (await fetch(url)).text();
    sniff.child.kill('SIGINT');
    expect(await sniff.ended).toBe(0);
    expect(text).toContain('psyncscope_capture_packets_total');
    expect(text).toMatch(/psyncscope_links 1/);
    expect(text).toContain(`master="127.0.0.1:${port}"`);
  });
});

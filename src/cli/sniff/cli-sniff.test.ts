import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { analyze } from '../../index.js';
import { freePort, RedisServer } from '../../testing/redis-server.js';
import { closed, collect, runCli, sleep, waitFor } from '../../testing/run-cli.js';
import {
  AT_REST,
  BACKENDS,
  BUSY,
  caughtUp,
  latestSession,
  startSniff,
  write,
} from '../../testing/sniffing.js';

/** `psyncscope sniff` as a user runs it, on real servers. Root, or the right to capture, is needed. */

const folder = mkdtempSync(join(tmpdir(), 'psyncscope-sniff-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let master: RedisServer;
let replica: RedisServer;
let port: number;
let ports: string[];

beforeEach(async () => {
  port = await freePort();
  master = new RedisServer(port, folder, AT_REST);
  replica = new RedisServer(await freePort(), folder, [...AT_REST, '--replicaof', `127.0.0.1 ${port}`]);
  ports = ['-i', 'lo', '-p', `${port}`];
});

afterEach(async () => {
  await replica.stop('SIGKILL');
  await master.stop('SIGKILL');
});

const start = (...args: string[]) => startSniff([...ports, ...args]);

describe.each(BACKENDS)('through %s', BUSY, (backend) => {
  it('decisions, offsets and lag are what both servers say', async () => {
    const sniff = await start('--capture-with', backend);
    expect(sniff.errors()).toContain(backend);
    await master.start();
    await replica.start();
    await caughtUp(master, replica);
    await write(master, 50);
    await master.ask(['CLIENT', 'KILL', 'TYPE', 'replica']);
    await write(master, 50, 'meanwhile');
    await caughtUp(master, replica);
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
    expect(latestSession(document)).toMatchObject({
      phase: 'online',
      offsets: { basis: 'handshake', end: offset, lastAck: offset },
      lag: { lastBytes: 0 },
      drift: 0,
      loss: { gaps: 0, resyncs: 0 },
    });
    expect(latestSession(document).syncs[0]).toMatchObject({
      decision: 'CONTINUE',
      grantedReplid: ofMaster.master_replid,
    });
    // What INFO calls lag, in whole seconds: the age of the last ACK. Every second one, give or take what a loaded machine takes.
    expect(latestSession(document).acks.maxIntervalMs!).toBeLessThan(2500);
    expect(sniff.output()).toContain('FULLRESYNC');
    expect(sniff.output()).toContain('CONTINUE');
    expect(sniff.output()).toContain('ACK interval');
  });
});

describe('a link that was there before', BUSY, () => {
  it('is joined in the middle, with the offset that the servers tell', async () => {
    await master.start();
    await replica.start();
    await caughtUp(master, replica);
    const sniff = await start('--stat', '1');
    await write(master, 20);
    await sleep(3000);
    const offset = Number((await master.replication()).master_repl_offset);
    sniff.child.kill('SIGTERM');
    expect(await sniff.ended).toBe(0);
    expect(latestSession(sniff.summary())).toMatchObject({
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
    await caughtUp(master, replica);
    await write(master, 30);
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
});

describe('-C and -W', BUSY, () => {
  it.each([
    [['-C', '1', '-W', '3'], 'ring'],
    [['-C', '1'], 'all'],
  ])('%j: files are named and sized as those of tcpdump beside it', async (flags, name) => {
    const [ours, theirs] = [mkdtempSync(join(folder, name)), mkdtempSync(join(folder, name))];
    const dump = spawn('tcpdump', [
      ...['-i', 'lo', '-Z', 'root', '-U', '-w', join(theirs, 'x.pcap'), ...flags],
      `tcp port ${port}`,
    ]);
    const said = collect(dump.stderr);
    const dumped = closed(dump);
    await waitFor('tcpdump', () => said().includes('listening on'));
    const sniff = await start('-q', '-w', join(ours, 'x.pcap'), ...flags);
    await master.start();
    const value = 'x'.repeat(50_000);
    for (let i = 0; i < 90; i++) await master.ask(['SET', `big:${i}`, value]);
    await sleep(1500);
    sniff.child.kill('SIGINT');
    dump.kill('SIGINT');
    expect(await sniff.ended).toBe(0);
    await dumped;
    const names = readdirSync(ours).sort();
    expect(names).toEqual(readdirSync(theirs).sort());
    expect(names.length).toBe(name === 'ring' ? 3 : 5);
    for (const each of names) {
      const { capture } = await analyze(join(ours, each));
      expect(capture.complete).toBe(true);
      // A packet, which may be 64 KiB long, is not divided.
      expect(statSync(join(ours, each)).size).toBeLessThan(1_000_000 + 70_000);
    }
  });
});

describe('--report', BUSY, () => {
  it('writes the page of what was captured, with its events', async () => {
    const path = join(folder, 'page.html');
    const sniff = await start('-q', '--report', path);
    await master.start();
    await replica.start();
    await caughtUp(master, replica);
    await write(master, 10);
    await sleep(1500);
    const offset = await caughtUp(master, replica);
    sniff.child.kill('SIGINT');
    expect(await sniff.ended).toBe(0);
    const page = readFileSync(path, 'utf8');
    expect(page).toMatch(/^<!doctype html>/i);
    expect(page).toContain(`127.0.0.1:${port}`);
    expect(page).toContain('FULLRESYNC');
    expect(page).toContain(offset.toLocaleString('en'));
    // It stands alone: what the page of a saved capture has besides is tested there.
    expect(page).not.toMatch(/<(?:script|link|img)[^>]+(?:src|href)="(?!data:|#)/);
  });

  it('that cannot be written is told, after all else', async () => {
    const sniff = await start('--report', '/no/such/folder/page.html');
    await master.start();
    await write(master, 3);
    sniff.child.kill('SIGINT');
    expect(await sniff.ended).toBe(3);
    expect(sniff.errors()).toMatch(
      /\/no\/such\/folder\/page.html: cannot write the report: ENOENT.*\n {2}→ mkdir -p \/no\/such\/folder\n/,
    );
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
    await caughtUp(master, replica);
    const sniff = await start('-q');
    await waitFor('an ACK to be seen', () => {
      sniff.child.kill('SIGUSR1');
      return sniff.output().includes('online');
    });
    expect(sniff.child.exitCode).toBeNull();
    sniff.child.kill('SIGINT');
    expect(await sniff.ended).toBe(0);
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
    await caughtUp(master, replica);
    const sniff = await start('-q', '--metrics', '0');
    const url = /metrics at (\S+)/.exec(sniff.errors())![1]!;
    await write(master, 5);
    await sleep(2500);
    const text = await (await fetch(url)).text();
    sniff.child.kill('SIGINT');
    expect(await sniff.ended).toBe(0);
    expect(text).toContain('psyncscope_capture_packets_total');
    expect(text).toMatch(/psyncscope_links 1/);
    expect(text).toContain(`master="127.0.0.1:${port}"`);
  });
});

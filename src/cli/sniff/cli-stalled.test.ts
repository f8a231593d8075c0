import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeEach, expect, it } from 'vitest';
import type { SummaryDocument } from '../../report/document.js';
import { freePort, RedisServer } from '../../testing/redis-server.js';
import { closed, collect, sleep, startCli, waitFor } from '../../testing/run-cli.js';
import { MAX_WAITING_BYTES } from '../live/line-output.js';

/** Whoever reads our output stops to: what is captured must not suffer from it. */

const PROGRAM = fileURLToPath(new URL('../../../bin/psyncscope.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'psyncscope-stalled-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const OPTIONS = ['--repl-diskless-sync-delay', '0', '--repl-ping-replica-period', '3600'];
const SETS = 30_000;

let master: RedisServer;
let replica: RedisServer;
let port: number;

beforeEach(async () => {
  port = await freePort();
  master = new RedisServer(port, folder, OPTIONS);
  replica = new RedisServer(await freePort(), folder, [...OPTIONS, '--replicaof', `127.0.0.1 ${port}`]);
});

afterEach(async () => {
  await replica.stop('SIGKILL');
  await master.stop('SIGKILL');
});

/** Writes much, and waits until the replica has acknowledged it. @returns the offset. */
async function writeMuch(): Promise<number> {
  const args = ['-p', `${port}`, '-t', 'set', '-n', `${SETS}`, '-P', '2', '-c', '4', '-d', '100', '-q'];
  execFileSync('redis-benchmark', args);
  for (;;) {
    const [from, to] = await Promise.all([master.replication(), replica.replication()]);
    if (to.master_link_status === 'up' && to.slave_repl_offset === from.master_repl_offset) {
      await sleep(1500);
      return Number(from.master_repl_offset);
    }
    await sleep(50);
  }
}

function expectAllSeen(path: string, offset: number): void {
  const { links } = JSON.parse(readFileSync(path, 'utf8')) as SummaryDocument;
  expect(links[0]!.sessions.at(-1)).toMatchObject({
    offsets: { end: offset, lastAck: offset },
    loss: { gaps: 0 },
  });
}

it('a pipe that nobody reads costs lines, which are counted, not packets', { retry: 2 }, async () => {
  const path = join(folder, 'pipe.json');
  const args = ['sniff', '-i', 'lo', '-p', `${port}`, '--json', '--commands', '--summary', path];
  const child = startCli(args);
  child.stdout.pause();
  const errors = collect(child.stderr);
  const ended = closed(child);
  await waitFor('the capture', () => errors().includes('listening on'));
  await master.start();
  await replica.start();
  const offset = await writeMuch();
  const resident = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))![1];
  expect(Number(resident) * 1024).toBeLessThan(400e6);
  child.kill('SIGINT');
  // The files do not wait for who reads, only the end does.
  await waitFor('the summary', () => statSync(path, { throwIfNoEntry: false })?.size);
  await sleep(300);
  expect(child.exitCode).toBeNull();
  expectAllSeen(path, offset);
  const output = collect(child.stdout);
  child.stdout.resume();
  expect(await ended).toBe(0);
  const leftOut = /psyncscope: ([\d,]+) lines left out/.exec(errors())?.[1];
  const lines = output().trim().split('\n');
  const commands = lines.filter((line) => JSON.parse(line).event === 'stream.command').length;
  expect(commands).toBeGreaterThan(1000);
  expect(commands + Number(leftOut?.replaceAll(',', ''))).toBeGreaterThanOrEqual(SETS);
  expect(output().length).toBeLessThan(MAX_WAITING_BYTES * 1.5);
});

it('a second signal ends it, whoever does not read', { retry: 2 }, async () => {
  const child = startCli(['sniff', '-i', 'lo', '-p', `${port}`, '--json', '--commands']);
  child.stdout.pause();
  const errors = collect(child.stderr);
  await waitFor('the capture', () => errors().includes('listening on'));
  await master.start();
  await replica.start();
  await writeMuch();
  child.kill('SIGTERM');
  await sleep(2500);
  expect(child.exitCode).toBeNull();
  child.kill('SIGTERM');
  await waitFor('its end', () => child.exitCode !== null);
  expect(child.exitCode).toBe(143);
});

it('a terminal that is stuck (Ctrl-S, a dead connection) costs no packets either', { retry: 2 }, async () => {
  const path = join(folder, 'terminal.json');
  const said = join(folder, 'terminal.err');
  const sniff = `"${process.execPath}" "${PROGRAM}" sniff -i lo -p ${port} --json --commands --summary "${path}" 2>"${said}"`;
  // script(1) makes the terminal and copies it to its own output, which nobody reads.
  const terminal = spawn('script', ['-qec', `echo $$; exec ${sniff}`, '/dev/null'], {
    env: { ...process.env, SHELL: '/bin/sh' },
  });
  try {
    const first = await new Promise<string>((resolve) =>
      terminal.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString())),
    );
    terminal.stdout.pause();
    const errors = () => readFileSync(said, 'utf8');
    await waitFor('the capture', () => errors().includes('listening on'));
    await master.start();
    await replica.start();
    const offset = await writeMuch();
    process.kill(Number.parseInt(first, 10), 'SIGINT');
    await waitFor('the summary', () => statSync(path, { throwIfNoEntry: false })?.size);
    expectAllSeen(path, offset);
    const output = collect(terminal.stdout);
    terminal.stdout.resume();
    await waitFor('the end', () => terminal.exitCode !== null);
    expect(errors()).toMatch(/psyncscope: [\d,]+ lines left out/);
    expect(output().length).toBeGreaterThan(MAX_WAITING_BYTES / 2);
  } finally {
    terminal.kill('SIGKILL');
  }
});

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './free-port.js';
import { childrenOf, cpuSeconds, residentBytes, sum } from './processes.js';

/**
 * A live capture under load for a while: `npm run soak -- MINUTES [LOAD]`. A real pair of servers, redis-benchmark with 16 connections
 * again and again, `psyncscope sniff` and beside it `tcpdump -w /dev/null` with a buffer of the same size. Prints memory and CPU of
 * both each ten seconds, drops at the end and whether the offsets are those of the servers, and the course of it all as a table. LOAD: `benchmark` (the default), or `clients`:
 * a thousand short connections a second. Needs redis-server, redis-benchmark, tcpdump and the right to capture.
 */

const minutes = Number(process.argv[2] ?? 5);
const load = process.argv[3] ?? 'benchmark';
const SAMPLE_MS = 10_000;
const BUFFER_KIB = '65536';
const PROGRAM = new URL('../bin/psyncscope.js', import.meta.url).pathname;

interface Sample {
  seconds: number;
  sniffRssMb: number;
  sniffCpu: number;
  captureCpu: number;
  tcpdumpCpu: number;
}

const folder = mkdtempSync(join(tmpdir(), 'psyncscope-soak-'));
const children: ChildProcess[] = [];
try {
  await soak();
} finally {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
}

async function soak(): Promise<void> {
  const port = await freePort();
  const replicaPort = await freePort();
  const summaryPath = join(folder, 'summary.json');
  server(port);
  const dump = start('tcpdump', ['-i', 'lo', '-B', BUFFER_KIB, '-w', '/dev/null', `tcp port ${port}`]);
  let said = '';
  dump.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const flags = ['-i', 'lo', '-p', `${port}`, '-B', BUFFER_KIB, '-q', '--summary', summaryPath];
  const sniff = start(process.execPath, [PROGRAM, 'sniff', ...flags]);
  await sleep(2000);
  server(replicaPort, '--replicaof', `127.0.0.1 ${port}`);
  await sleep(3000);
  const samples: Sample[] = [];
  let last = { sniff: cpuSeconds(sniff.pid!), child: 0, dump: cpuSeconds(dump.pid!) };
  const end = Date.now() + minutes * 60_000;
  const busy = keepBusy(port, end);
  for (let at = Date.now(); Date.now() < end; ) {
    await sleep(SAMPLE_MS);
    const seconds = (Date.now() - at) / 1000;
    at = Date.now();
    const now = {
      sniff: cpuSeconds(sniff.pid!),
      child: sum(childrenOf(sniff.pid!).map(cpuSeconds)),
      dump: cpuSeconds(dump.pid!),
    };
    const share = (from: number, to: number): number => Math.round(((to - from) / seconds) * 1000) / 10;
    const sample: Sample = {
      seconds: Math.round((Date.now() - end) / 1000 + minutes * 60),
      sniffRssMb: Math.round(residentBytes(sniff.pid!) / 1e6),
      sniffCpu: share(last.sniff, now.sniff),
      captureCpu: share(last.child, now.child),
      tcpdumpCpu: share(last.dump, now.dump),
    };
    last = now;
    samples.push(sample);
    console.log(JSON.stringify(sample));
  }
  await busy;
  await sleep(3000);
  const offset = Number(/master_repl_offset:(\d+)/.exec(await info(port))![1]);
  await stop(sniff, 'SIGINT');
  await stop(dump, 'SIGINT');
  const summary = JSON.parse(readFileSync(summaryPath, 'utf8'));
  const link = summary.links[0];
  const session = link?.sessions.at(-1);
  const result = {
    minutes,
    load,
    packets: summary.capture.packets,
    gigabytes: Math.round(summary.capture.bytes / 1e7) / 100,
    kernelDrops: summary.capture.kernelDrops,
    tcpdumpDrops: Number(/(\d+) packets? dropped by kernel/.exec(said)?.[1]),
    serverOffset: offset,
    offset: session?.offsets.end,
    links: summary.links.length,
    ignored: summary.ignored.connections,
    gaps: session?.loss.gaps,
    samples,
  };
  console.log(JSON.stringify({ ...result, samples: samples.length }, null, 1));
  console.log(curve(samples));
  const results = new URL('./results/', import.meta.url).pathname;
  mkdirSync(results, { recursive: true });
  writeFileSync(join(results, `soak-${load}.json`), `${JSON.stringify(result, null, 1)}\n`);
}

/** The course of it as a table for docs/live.md: a row a minute, and more when it is short. */
function curve(samples: readonly Sample[]): string {
  const step = Math.max(1, Math.min(6, Math.floor(samples.length / 10)));
  const shown = samples.filter((_, i) => i === 0 || (i + 1) % step === 0);
  return [
    '| after, s | resident, MB | CPU, % of a core | CPU of its child | CPU of tcpdump -w /dev/null |',
    '| --- | --- | --- | --- | --- |',
    ...shown.map(
      (one) =>
        `| ${[one.seconds, one.sniffRssMb, one.sniffCpu, one.captureCpu, one.tcpdumpCpu].join(' | ')} |`,
    ),
  ].join('\n');
}

async function keepBusy(port: number, end: number): Promise<void> {
  while (Date.now() < end) {
    if (load === 'clients') await shortClients(port, 1000);
    else await benchmark(port);
  }
}

function benchmark(port: number): Promise<void> {
  const args = ['-p', `${port}`, '-c', '16', '-t', 'set', '-n', '200000', '-r', '100000', '-d', '100', '-q'];
  const child = start('redis-benchmark', args);
  return new Promise((resolve) => child.once('close', () => resolve()));
}

/** So many connections within a second, each for one SET. */
async function shortClients(port: number, count: number): Promise<void> {
  const start = Date.now();
  const { connect } = await import('node:net');
  for (let i = 0; i < count; i++) {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write(`*3\r\n$3\r\nSET\r\n$5\r\nshort\r\n$${String(i).length}\r\n${i}\r\n`);
    socket.once('data', () => socket.end());
    const due = start + ((i + 1) * 1000) / count;
    if (Date.now() < due) await sleep(due - Date.now());
  }
}

function server(port: number, ...args: string[]): void {
  const common = ['--port', `${port}`, '--save', '', '--dir', folder, '--bind', '127.0.0.1'];
  start('redis-server', [...common, '--client-output-buffer-limit', 'replica 0 0 0', ...args]);
}

function start(command: string, args: string[]): ChildProcess {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  children.push(child);
  return child;
}

function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  return new Promise((resolve) => {
    child.once('close', () => resolve());
    child.kill(signal);
  });
}

function info(port: number): Promise<string> {
  return new Promise((resolve) => {
    const child = spawn('redis-cli', ['-p', `${port}`, 'info', 'replication']);
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    child.once('close', () => resolve(text));
  });
}

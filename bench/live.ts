import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { freePort } from './free-port.js';
import { childrenOf, cpuSeconds, residentBytes, sum } from './processes.js';

/**
 * What capturing costs under load: `npx tsx bench/live.ts --seconds 60 [--rounds 2]`. redis-benchmark with 16 connections on a redis-server
 * without a replica, captured in turn by `psyncscope sniff --capture-with tcpdump` and by `tcpdump -w /dev/null`, both with the same buffer,
 * snapshot length and filter. CPU is that of the processes over the time of the load. Needs redis-server, redis-benchmark, tcpdump and the
 * right to capture; run `npm run build` before.
 */

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    rounds: { type: 'string', default: '2' },
    with: { type: 'string', default: 'tcpdump' },
  },
});
const seconds = Number(values.seconds);
const rounds = Number(values.rounds);
const PROGRAM = new URL('../bin/psyncscope.js', import.meta.url).pathname;
const SNAPLEN = '262144';
const BUFFER_KIB = '65536';
/** Memory is looked at so often, ms. */
const LOOK_MS = 1000;
/** From the start of the load on what runs is warm; ends behind the load so that nothing is left to be read. */
const SETTLE_MS = 2000;

interface Capturer {
  readonly name: string;
  readonly command: readonly string[];
  /** Of standard error: when it captures, how many packets there were, and how many the kernel dropped. */
  readonly ready: RegExp;
  counts(said: string): { packets: number; drops: number | null };
}

interface Result {
  round: number;
  capturer: string;
  seconds: number;
  packets: number;
  drops: number | null;
  requestsPerSecond: number;
  /** Percent of one core. */
  cpu: number;
  childCpu: number | null;
  rssMb: { first: number; last: number; max: number };
}

const folder = mkdtempSync(join(tmpdir(), 'psyncscope-bench-live-'));
const children = new Set<ChildProcess>();
const results: Result[] = [];
try {
  const port = await freePort();
  start('redis-server', ['--port', `${port}`, '--save', '', '--dir', folder, '--bind', '127.0.0.1']);
  await sleep(1000);
  for (let round = 1; round <= rounds; round++)
    for (const capturer of capturers(port)) {
      const result = await measure(round, port, capturer);
      results.push(result);
      console.error(JSON.stringify(result));
    }
  print();
} finally {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
}

function capturers(port: number): Capturer[] {
  const summary = join(folder, 'summary.json');
  const flags = ['-i', 'lo', '-p', `${port}`, '-q', '-B', BUFFER_KIB, '-s', SNAPLEN, '--summary', summary];
  return [
    {
      name: `psyncscope with ${values.with}`,
      command: [process.execPath, PROGRAM, 'sniff', '--capture-with', values.with, ...flags],
      ready: /listening on/,
      counts: () => {
        const { capture } = JSON.parse(readFileSync(summary, 'utf8'));
        return { packets: capture.packets, drops: capture.kernelDrops };
      },
    },
    {
      name: 'tcpdump -w /dev/null',
      command: [
        ...['tcpdump', '-i', 'lo', '-B', BUFFER_KIB, '-s', SNAPLEN, '-w', '/dev/null'],
        `tcp port ${port}`,
      ],
      ready: /listening on/,
      counts: (said) => ({
        packets: Number(/(\d+) packets? captured/.exec(said)?.[1]),
        drops: Number(/(\d+) packets? dropped by kernel/.exec(said)?.[1]),
      }),
    },
  ];
}

async function measure(
  round: number,
  port: number,
  { name, command, ready, counts }: Capturer,
): Promise<Result> {
  const [file = '', ...args] = command;
  const capturer = start(file, args);
  let said = '';
  capturer.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  while (!ready.test(said)) {
    if (capturer.exitCode !== null) throw new Error(`${name} ended: ${said}`);
    await sleep(20);
  }
  const pid = capturer.pid!;
  const load = [
    '-p',
    `${port}`,
    '-c',
    '16',
    '-t',
    'set',
    '-r',
    '100000',
    '-d',
    '100',
    '-n',
    '2000000000',
    '-q',
  ];
  const benchmark = start('redis-benchmark', load);
  await sleep(SETTLE_MS);
  const begin = { at: Date.now(), requests: await commandsOf(port), ...cpuOf(pid) };
  const resident = [residentBytes(pid)];
  for (const end = begin.at + seconds * 1000; Date.now() < end; ) {
    await sleep(Math.min(LOOK_MS, end - Date.now()));
    resident.push(residentBytes(pid));
  }
  const took = (Date.now() - begin.at) / 1000;
  const now = cpuOf(pid);
  const requests = await commandsOf(port);
  await stop(benchmark, 'SIGKILL');
  await sleep(SETTLE_MS);
  await stop(capturer, 'SIGINT');
  const percent = (used: number): number => Math.round((used / took) * 1000) / 10;
  const mb = (bytes: number): number => Math.round(bytes / 1e6);
  return {
    round,
    capturer: name,
    seconds: Math.round(took * 10) / 10,
    ...counts(said),
    requestsPerSecond: Math.round((requests - begin.requests) / took),
    cpu: percent(now.own - begin.own),
    childCpu: now.children === null ? null : percent(now.children - begin.children!),
    rssMb: { first: mb(resident[0]!), last: mb(resident.at(-1)!), max: mb(Math.max(...resident)) },
  };
}

/** CPU seconds so far; children: null where there are none. */
function cpuOf(pid: number): { own: number; children: number | null } {
  const below = childrenOf(pid);
  return { own: cpuSeconds(pid), children: below.length === 0 ? null : sum(below.map(cpuSeconds)) };
}

function print(): void {
  const lines = [
    `${seconds} s each, ${cpus().length} cores (${cpus()[0]?.model}), redis-benchmark -c 16 -t set -d 100, -B ${BUFFER_KIB} -s ${SNAPLEN}`,
    '',
    '| | packets | dropped by the kernel | requests/s | CPU, % of a core | CPU of its child | resident MB, first/last/max |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...results.map(({ capturer, packets, drops, requestsPerSecond, cpu, childCpu, rssMb }) => {
      const cells = [
        capturer,
        packets.toLocaleString('en'),
        drops === null ? 'not told' : drops.toLocaleString('en'),
        requestsPerSecond.toLocaleString('en'),
        cpu,
        childCpu ?? '',
        `${rssMb.first}/${rssMb.last}/${rssMb.max}`,
      ];
      return `| ${cells.join(' | ')} |`;
    }),
  ];
  console.log(lines.join('\n'));
  const to = new URL('./results/', import.meta.url).pathname;
  mkdirSync(to, { recursive: true });
  writeFileSync(join(to, 'live.json'), `${JSON.stringify({ seconds, results }, null, 1)}\n`);
}

/** Requests that the server has answered, ours among them. */
function commandsOf(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    socket.on('error', reject);
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const count = /total_commands_processed:(\d+)\r/.exec(text)?.[1];
      if (count === undefined) return;
      socket.destroy();
      resolve(Number(count));
    });
    socket.write('INFO stats\r\n');
  });
}

function start(command: string, args: readonly string[]): ChildProcess {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  children.add(child);
  child.once('close', () => children.delete(child));
  return child;
}

function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  return new Promise((resolve) => {
    child.once('close', () => resolve());
    child.kill(signal);
  });
}

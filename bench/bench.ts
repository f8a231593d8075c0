/**
 * psyncscope beside the tools one would use instead, on the same captures and in turn (A B C A B C …):
 * `npm run bench -- [--only W1,W2] [--scale 0.1] [--rounds 5] [--no-tshark]`. Captures are made on first use, below bench/tmp (6 GB at scale 1).
 * Prints a Markdown table a workload and writes bench/results/bench.json. Needs redis-server, tcpdump, tcpflow, tshark and GNU time.
 */
import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { median, type Run, runCommand } from './run-command.js';
import { type Made, WORKLOADS } from './workloads/workloads.js';

const HERE = new URL('.', import.meta.url).pathname;
const PROGRAM = join(HERE, '..', 'bin', 'psyncscope.js');
const FLOWS = join(tmpdir(), 'psyncscope-bench-flows');
const OWN = 'psyncscope summary';

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    scale: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '5' },
    'no-tshark': { type: 'boolean', default: false },
  },
});
const scale = Number(values.scale);
const rounds = Number(values.rounds);
const wanted = values.only?.split(',');

/** What takes longer than this is run in the first round only. */
const ONCE_SECONDS = 20;

interface Contender {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
}

interface Row extends Run {
  readonly megabytesPerSecond: number;
  readonly packetsPerSecond: number | null;
  /** Its time divided by ours. */
  readonly ratio: number;
}

const results: Record<string, Record<string, Row>> = {};
for (const { id, what, make } of WORKLOADS) {
  if (wanted !== undefined && !wanted.includes(id)) continue;
  const made = await make(join(HERE, 'tmp'), scale);
  const runs = measure(contenders(made), made.capture);
  const megabytes = statSync(made.capture).size / 1e6;
  results[id] = table(runs, megabytes, made.packets);
  print(`${id}: ${what}`, megabytes, made.packets, results[id]);
}
mkdirSync(join(HERE, 'results'), { recursive: true });
writeFileSync(
  join(HERE, 'results', 'bench.json'),
  `${JSON.stringify({ scale, rounds, results }, null, 2)}\n`,
);

function contenders({ capture, port, rdb }: Made): Contender[] {
  const dissect = ['-r', capture, '-d', `tcp.port==${port},resp`, '-Y', 'resp.array', '-T', 'fields'];
  return [
    { name: OWN, command: process.execPath, args: [PROGRAM, 'summary', '--json', capture] },
    { name: 'tcpdump -r -w /dev/null', command: 'tcpdump', args: ['-r', capture, '-w', '/dev/null'] },
    { name: 'tcpflow -r', command: 'tcpflow', args: ['-r', capture, '-o', FLOWS] },
    ...(rdb === undefined ? [] : [{ name: 'redis-check-rdb', command: 'redis-check-rdb', args: [rdb] }]),
    ...(values['no-tshark']
      ? []
      : [
          {
            name: 'tshark -T fields',
            command: 'tshark',
            args: [...dissect, '-e', 'frame.number', '-e', 'resp.bulk_string.value'],
          },
        ]),
  ];
}

function measure(all: readonly Contender[], file: string): Map<string, Run[]> {
  const runs = new Map<string, Run[]>();
  for (let round = 0; round < rounds; round++)
    for (const { name, command, args } of all) {
      const before = runs.get(name) ?? [];
      if (before.some(({ seconds }) => seconds > ONCE_SECONDS)) continue;
      // From the page cache for each: what has not been read for a while may have left it.
      runCommand('cat', [file]);
      const run = runCommand(command, args);
      rmSync(FLOWS, { recursive: true, force: true });
      runs.set(name, [...before, run]);
    }
  return runs;
}

function table(runs: Map<string, Run[]>, megabytes: number, packets: number | null): Record<string, Row> {
  const own = median(runs.get(OWN)!.map((run) => run.seconds));
  const rows: Record<string, Row> = {};
  for (const [name, all] of runs) {
    const seconds = median(all.map((run) => run.seconds));
    rows[name] = {
      seconds,
      cpu: median(all.map((run) => run.cpu)),
      peak: median(all.map((run) => run.peak)),
      megabytesPerSecond: megabytes / seconds,
      packetsPerSecond: packets === null ? null : packets / seconds,
      ratio: seconds / own,
    };
  }
  return rows;
}

function print(title: string, megabytes: number, packets: number | null, rows: Record<string, Row>): void {
  const size = `${megabytes.toFixed(0)} MB${packets === null ? '' : `, ${(packets / 1e6).toFixed(2)} million packets`}`;
  console.log(`\n**${title}** (${size}), medians of ${rounds} in turn\n`);
  console.log('| tool | s | MB/s | million packets/s | CPU s | peak MB | time / psyncscope |');
  console.log('| --- | --- | --- | --- | --- | --- | --- |');
  for (const [name, row] of Object.entries(rows)) {
    const cells = [
      row.seconds.toFixed(2),
      row.megabytesPerSecond.toFixed(0),
      row.packetsPerSecond === null ? '' : (row.packetsPerSecond / 1e6).toFixed(2),
      row.cpu.toFixed(2),
      (row.peak / 1e6).toFixed(0),
      row.ratio.toFixed(2),
    ];
    console.log(`| ${name} | ${cells.join(' | ')} |`);
  }
}

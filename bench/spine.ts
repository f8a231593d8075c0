/**
 * The main job beside the tools one would use instead, on the same file and in turn (A B C A B C …): `npm run bench`.
 * Captures are made on first use, below bench/tmp. Prints a Markdown table and writes bench/results/spine.json.
 */
import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeLoadedMaster } from './make-capture.js';
import { median, type Run, runCommand } from './run-command.js';

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
const HERE = new URL('.', import.meta.url).pathname;
const PROGRAM = join(HERE, '..', 'bin', 'psyncscope.js');
const FLOWS = join(tmpdir(), 'psyncscope-bench-flows');

/** Captures: name and how many SETs. tshark reads only the first, once: it takes minutes. */
const CAPTURES: [name: string, sets: number][] = [
  ['100 MB', 350_000],
  ['500 MB', 1_700_000],
  ['1 GB', 3_500_000],
];

function contenders(file: string): [name: string, command: string, args: string[]][] {
  return [
    ['psyncscope summary', process.execPath, [PROGRAM, 'summary', '--json', file]],
    ['tcpdump -r -w /dev/null', 'tcpdump', ['-r', file, '-w', '/dev/null']],
    ['tcpflow -r', 'tcpflow', ['-r', file, '-o', FLOWS]],
  ];
}

const results: Record<string, Record<string, Run & { megabytesPerSecond: number; ratio: number }>> = {};
for (const [name, sets] of CAPTURES) {
  const file = join(HERE, 'tmp', `loaded-master-${sets}.pcap`);
  const port = await makeLoadedMaster(file, sets);
  const megabytes = statSync(file).size / 1e6;
  const runs = new Map<string, Run[]>();
  for (let round = 0; round < ROUNDS; round++)
    for (const [contender, command, args] of contenders(file)) {
      const run = runCommand(command, args);
      rmSync(FLOWS, { recursive: true, force: true });
      runs.set(contender, [...(runs.get(contender) ?? []), run]);
    }
  if (name === '500 MB' && process.env.BENCH_TSHARK !== '0')
    runs.set('tshark -Y resp.array -T fields', [
      runCommand('tshark', [
        '-r',
        file,
        '-d',
        `tcp.port==${port},resp`,
        '-Y',
        'resp.array',
        '-T',
        'fields',
        '-e',
        'frame.number',
      ]),
    ]);
  const own = median(runs.get('psyncscope summary')!.map((run) => run.seconds));
  console.log(`\n${name} (${megabytes.toFixed(0)} MB), medians of ${ROUNDS} rounds in turn\n`);
  console.log(
    '| tool | s | MB/s | CPU s | peak MB | time / psyncscope |\n| --- | --- | --- | --- | --- | --- |',
  );
  results[name] = {};
  for (const [contender, all] of runs) {
    const seconds = median(all.map((run) => run.seconds));
    const row = {
      seconds,
      cpu: median(all.map((run) => run.cpu)),
      peak: median(all.map((run) => run.peak)),
      megabytesPerSecond: megabytes / seconds,
      ratio: seconds / own,
    };
    results[name][contender] = row;
    const cells = [
      seconds.toFixed(2),
      row.megabytesPerSecond.toFixed(0),
      row.cpu.toFixed(2),
      (row.peak / 1e6).toFixed(0),
      row.ratio.toFixed(2),
    ];
    console.log(`| ${contender} | ${cells.join(' | ')} |`);
  }
}
mkdirSync(join(HERE, 'results'), { recursive: true });
writeFileSync(join(HERE, 'results', 'spine.json'), `${JSON.stringify(results, null, 2)}\n`);

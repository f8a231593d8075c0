/**
 * What captures that try to make the analyzer grow cost: `npm run bounds`. Each of src/testing/floods.ts is run with a quarter of its size
 * and with all of it, in a process of its own; prints memory, time and a Markdown table. FLOOD picks those whose name contains it.
 */
import { spawnSync } from 'node:child_process';
import { keepHeapSmall } from '../src/cli/heap.js';
import { FLOODS, runFlood } from '../src/testing/floods.js';

const MB = 1024 * 1024;
const MOST_MB = 300;
const MOST_RATIO = 4.2;

interface Run {
  seconds: number;
  rssMb: number;
  packets: number;
  bytes: number;
  problems: string[];
  limits: string[];
}

const [name, size] = process.argv.slice(2);
if (name !== undefined) console.log(JSON.stringify(measured(name, Number(size))));
else if (!table()) process.exitCode = 1;

/** Runs one in this process. */
function measured(name: string, size: number): Run {
  const flood = FLOODS.find((each) => each.name === name)!;
  keepHeapSmall();
  const from = process.cpuUsage();
  const { packets, bytes, problems, document } = runFlood(flood, size);
  const { user, system } = process.cpuUsage(from);
  return {
    seconds: (user + system) / 1e6,
    rssMb: process.resourceUsage().maxRSS / 1024,
    packets,
    bytes,
    problems,
    limits: document.limits.map(({ limit, times }) => `${limit} ${times.toLocaleString('en')}×`),
  };
}

function inOwnProcess(name: string, size: number): Run {
  const program = ['--import', 'tsx', new URL(import.meta.url).pathname, name, `${size}`];
  const { stdout, stderr, status } = spawnSync(process.execPath, program, {
    encoding: 'utf8',
    maxBuffer: MB,
  });
  if (status !== 0) throw new Error(`${name} ${size}: ${stderr}`);
  return JSON.parse(stdout) as Run;
}

function table(): boolean {
  let isSound = true;
  console.log(
    '| capture | size | packets | memory at ¼, at 1 | CPU time at ¼, at 1 | ratio | limits reached |',
  );
  console.log('| --- | --- | --- | --- | --- | --- | --- |');
  for (const flood of FLOODS) {
    if (!flood.name.includes(process.env.FLOOD ?? '')) continue;
    const quarter = inOwnProcess(flood.name, flood.size / 4);
    const whole = inOwnProcess(flood.name, flood.size);
    const ratio = whole.seconds / quarter.seconds;
    const problems = [...quarter.problems, ...whole.problems];
    if (problems.length > 0 || whole.rssMb > MOST_MB || ratio > MOST_RATIO) isSound = false;
    const cells = [
      flood.name,
      `${flood.size.toLocaleString('en')} ${flood.unit}`,
      whole.packets.toLocaleString('en'),
      `${quarter.rssMb.toFixed(0)}, ${whole.rssMb.toFixed(0)} MB`,
      `${quarter.seconds.toFixed(1)}, ${whole.seconds.toFixed(1)} s`,
      ratio.toFixed(2),
      whole.limits.join('; ') || '–',
    ];
    console.log(`| ${cells.join(' | ')} |`);
    for (const problem of problems) console.error(`  ${flood.name}: ${problem}`);
  }
  return isSound;
}

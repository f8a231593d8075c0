/**
 * Fails when the analysis of a capture has become slower: `npm run guard`; `npm run guard -- --renew` writes what it measures down.
 *
 * What is compared is no time but a ratio: processor time of the analysis to that of a plain read of the same file, which looks at each byte
 * once, both in one process and in turn. Machines and what else runs on them change the two alike; of each the least of many passes counts.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Analyzer } from '../src/analyzer.js';
import { readCaptures } from '../src/capture/merge.js';
import { median } from './run-command.js';
import { WORKLOADS } from './workloads/workloads.js';

/** A ratio this much above the one written down is a failure. */
const MOST_SLOWER = 1.2;
/** Passes go on until so many have brought nothing better: the code is compiled then, and the machine had a quiet moment. */
const STEADY_PASSES = 16;
const MOST_PASSES = 160;
/** V8 does not compile the same code alike each time, and a machine may be busy: the best of this many processes counts. */
const ATTEMPTS = 5;
/** A plain read is short: several make one pass of it. */
const READS_A_PASS = 3;
const BLOCK_BYTES = 1024 * 1024;

/**
 * Shares of the workloads' full size (bench/workloads), 8 to 30 MB each. W1 takes so much less than a plain read that the ratio says little;
 * its code is that of W2.
 */
const SCALES: Readonly<Record<string, number>> = { W2: 0.03, W4: 0.03, W5: 0.03, W6: 0.02 };

const BASELINE = new URL('guard.json', import.meta.url);
const FOLDER = join(new URL('.', import.meta.url).pathname, 'tmp', 'guard');

const { values } = parseArgs({
  options: {
    renew: { type: 'boolean', default: false },
    /** Measures one capture, in this process. */
    measure: { type: 'string' },
  },
});
if (values.measure !== undefined) console.log(await ratioOf(values.measure));
else await guard();

async function guard(): Promise<void> {
  const baseline = JSON.parse(readFileSync(BASELINE, 'utf8')) as Record<string, number>;
  const found: Record<string, number> = {};
  mkdirSync(FOLDER, { recursive: true });
  for (const { id, what, make } of WORKLOADS) {
    const scale = SCALES[id];
    if (scale === undefined) continue;
    const { capture } = await make(FOLDER, scale);
    const most = values.renew ? 0 : (baseline[id] ?? 0) * MOST_SLOWER;
    const ratios = attempts(capture, most);
    found[id] = Math.round(median(ratios) * 100) / 100;
    const least = Math.min(...ratios);
    const verdict = least > most ? `SLOWER than ${most.toFixed(2)}` : `at most ${most.toFixed(2)}`;
    const told = ratios.map((ratio) => ratio.toFixed(2)).join(', ');
    console.log(`${id} (${what}): ${told} plain reads${values.renew ? '' : `: ${verdict}`}`);
    if (!values.renew && least > most) process.exitCode = 1;
  }
  rmSync(FOLDER, { recursive: true });
  if (values.renew) writeFileSync(BASELINE, `${JSON.stringify(found, null, 2)}\n`);
}

/** The ratio in one process after the other, until one is at most `most`. */
function attempts(capture: string, most: number): number[] {
  const ratios: number[] = [];
  const self = new URL(import.meta.url).pathname;
  while (ratios.length < ATTEMPTS && !ratios.some((ratio) => ratio <= most)) {
    const { stdout, stderr, status } = spawnSync(
      process.execPath,
      ['--import', 'tsx', self, '--measure', capture],
      { encoding: 'utf8' },
    );
    if (status !== 0) throw new Error(`${capture}: ${stderr}`);
    ratios.push(Number(stdout));
  }
  return ratios;
}

/** The analysis of a capture in plain reads of it. */
async function ratioOf(capture: string): Promise<number> {
  let plain = Number.POSITIVE_INFINITY;
  let analysed = Number.POSITIVE_INFINITY;
  let steady = 0;
  for (let pass = 0; pass < MOST_PASSES && steady < STEADY_PASSES; pass++) {
    const read = (await cpuTime(() => plainReads(capture))) / READS_A_PASS;
    const whole = await cpuTime(() => analysis(capture));
    steady = read < plain || whole < analysed ? 0 : steady + 1;
    plain = Math.min(plain, read);
    analysed = Math.min(analysed, whole);
  }
  return analysed / plain;
}

/** µs of processor time, of all threads. */
async function cpuTime(work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

async function analysis(capture: string): Promise<void> {
  const analyzer = new Analyzer();
  const facts = await readCaptures([capture], {}, (batch, from, to) => analyzer.run(batch, from, to));
  analyzer.finish(facts);
  if (analyzer.links().length === 0) throw new Error(`${capture}: no link found`);
}

async function plainReads(capture: string): Promise<void> {
  const block = new Uint8Array(BLOCK_BYTES);
  let sum = 0;
  for (let read = 0; read < READS_A_PASS; read++) {
    const file = await open(capture);
    for (;;) {
      const { bytesRead } = await file.read(block, 0, block.length);
      if (bytesRead === 0) break;
      sum = sumOf(block, bytesRead, sum);
    }
    await file.close();
  }
  if (sum === 0) throw new Error(`${capture}: empty`);
}

function sumOf(bytes: Uint8Array, end: number, from: number): number {
  let sum = from;
  for (let i = 0; i < end; i++) sum = (sum + bytes[i]!) | 0;
  return sum;
}

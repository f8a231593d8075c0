/**
 * Fails when the analysis of a capture has become slower: `npm run guard`; `npm run guard -- --renew` writes what it measures down.
 *
 * What is compared is no time but a ratio: processor time of the analysis to that of a plain read of the same file, which looks at each byte
 * once, both in this process and in turn. Machines and what else runs on them change the two alike; of each the least of many passes counts.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Analyzer } from '../src/analyzer.js';
import { readCaptures } from '../src/capture/merge.js';
import { WORKLOADS } from './workloads/workloads.js';

/** A ratio this much above the one written down is a failure. */
const MOST_SLOWER = 1.2;
const PASSES = 8;
/** A machine that is busy gets more passes before it is called a failure. */
const MOST_PASSES = 96;
/** A plain read is short: several make one pass of it. */
const READS_A_PASS = 3;
const BLOCK_BYTES = 1024 * 1024;

/** Shares of the workloads' full size (bench/workloads): 8 to 60 MB each. */
const SCALES: Readonly<Record<string, number>> = { W1: 0.06, W2: 0.03, W4: 0.03, W5: 0.03, W6: 0.02 };

const BASELINE = new URL('guard.json', import.meta.url);
const FOLDER = join(new URL('.', import.meta.url).pathname, 'tmp', 'guard');

const { values } = parseArgs({ options: { renew: { type: 'boolean', default: false } } });
const baseline = JSON.parse(readFileSync(BASELINE, 'utf8')) as Record<string, number>;

mkdirSync(FOLDER, { recursive: true });
const ratios: Record<string, number> = {};
let failures = 0;
for (const { id, what, make } of WORKLOADS) {
  const scale = SCALES[id];
  if (scale === undefined) continue;
  const { capture } = await make(FOLDER, scale);
  const most = values.renew ? Number.POSITIVE_INFINITY : (baseline[id] ?? 0) * MOST_SLOWER;
  const { ratio, passes } = await measure(capture, most);
  ratios[id] = Math.round(ratio * 100) / 100;
  const slower = ratio > most;
  if (slower) failures++;
  const verdict = values.renew ? '' : `, was ${baseline[id] ?? 'not measured'}${slower ? ': SLOWER' : ''}`;
  console.log(`${id} (${what}): ${ratio.toFixed(2)} plain reads${verdict} (${passes} passes)`);
}
rmSync(FOLDER, { recursive: true });
if (values.renew) writeFileSync(BASELINE, `${JSON.stringify(ratios, null, 2)}\n`);
process.exitCode = failures > 0 ? 1 : 0;

/** Passes until the ratio is at most `most`, but PASSES at least. */
async function measure(capture: string, most: number): Promise<{ ratio: number; passes: number }> {
  let plain = Number.POSITIVE_INFINITY;
  let analysed = Number.POSITIVE_INFINITY;
  let passes = 0;
  const leastPasses = values.renew ? MOST_PASSES : PASSES;
  while (passes < leastPasses || (passes < MOST_PASSES && analysed / plain > most)) {
    plain = Math.min(plain, (await cpuTime(() => plainReads(capture))) / READS_A_PASS);
    analysed = Math.min(analysed, await cpuTime(() => analysis(capture)));
    passes++;
  }
  return { ratio: analysed / plain, passes };
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
      for (let i = 0; i < bytesRead; i++) sum = (sum + block[i]!) | 0;
    }
    await file.close();
  }
  if (sum === 0) throw new Error(`${capture}: empty`);
}

import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { getHeapSnapshot, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isGzip } from '../src/capture/gzip-source.js';
import { publicFixtures, replicationFixtures } from '../src/testing/fixtures.js';
import { type Case, Corpus, LEVELS, type Level } from '../src/testing/fuzz/cases.js';
import { CoverageMeter, type Reached } from '../src/testing/fuzz/coverage.js';
import { type Examined, type ExamineOptions, examine } from '../src/testing/fuzz/examine.js';
import { wrongFacts } from '../src/testing/fuzz/odd-conversations.js';
import { reduced } from '../src/testing/fuzz/reduce.js';

/** Damages captures, makes odd ones, and analyses them, for a time: `npm run fuzz -- --seconds 60 --seed 7`. See docs/fuzzing.md. */

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    /** The first case's; each further one has the next. */
    seed: { type: 'string', default: '1' },
    /** Cases at most; with 1 the case of a seed is run again. */
    cases: { type: 'string', default: 'Infinity' },
    level: { type: 'string', multiple: true },
    /** Where cases that fail are written to. */
    out: { type: 'string', default: fileURLToPath(new URL('../fixtures/regressions/', import.meta.url)) },
    /** Say at the end what of the code was run; with --verbose which functions were not. */
    coverage: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
    /** Run to the end whatever fails. */
    'keep-going': { type: 'boolean', default: false },
  },
});

/** A case may take a second a megabyte, and as long as the smallest of them takes on a machine that is busy. */
const MS_PER_BYTE = 1000 / 1_000_000;
const LEAST_MS = 1000;
/** Cases that are too slow are run again, since the machine may have been busy. */
const SLOW_TRIES = 4;
/** Heap (after a collection) and resident memory may grow by this much after the first cases. */
const WARM_CASES = 500;
const HEAP_GROWTH = 24 * 1024 * 1024;
const LEAST_HEAP_TRIES = 3;
const MOST_HEAP_TRIES = 40;
const MOST_RSS = 900 * 1024 * 1024;
const REPORT_MS = 60_000;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const levels = (values.level ?? [...LEVELS]).filter((name): name is Level => LEVELS.includes(name as Level));
const embedded = new URL('../fixtures/embedded/', import.meta.url);
const corpus = new Corpus([
  ...replicationFixtures().map(({ path }) => path),
  ...publicFixtures(),
  ...readdirSync(embedded)
    .filter((name) => name.endsWith('.pcap'))
    .map((name) => fileURLToPath(new URL(name, embedded))),
]);

/** What captures are made into and what does it; the command line and the live capture have tests of their own. */
const FUZZED = 'capture packet tcp resp rdb replication analysis report check scrub'.split(' ');
const meter = values.coverage ? new CoverageMeter(FUZZED) : null;
await meter?.start();

const firstSeed = Number(values.seed);
const begun = performance.now();
const until = begun + Number(values.seconds) * 1000;
const counts = new Map<string, number>();
let failures = 0;
let packets = 0;
let links = 0;
let events = 0;
let slowest = { ms: 0, seed: 0 };
let warmHeap = 0;
let reported = performance.now();
let number = 0;
for (; number < Number(values.cases) && performance.now() < until; number++) {
  const seed = firstSeed + number;
  const made = await corpus.make(seed, levels);
  // Of the seed alone, so that a case can be run again by itself.
  const chunk = seed % 8 === 7 ? 8 + (seed % 100) : undefined;
  const options: ExamineOptions = {
    ...{ secrets: made.secrets, chunk, deep: seed % 8 === 1, isSound: made.odd !== null },
  };
  const examined = await examine(made.bytes, options);
  counts.set(made.level, (counts.get(made.level) ?? 0) + 1);
  packets += examined.packets;
  links += examined.links;
  events += examined.events;
  const complaints = [...examined.complaints, ...(await slowness(made, examined))];
  if (made.odd !== null && examined.summary !== null)
    complaints.push(...wrongFacts(examined.summary, made.odd));
  if (chunk !== undefined) complaints.push(...(await chunking(made, examined)));
  if (examined.wholeMs > slowest.ms) slowest = { ms: examined.wholeMs, seed };
  if (complaints.length > 0) await report(seed, made, complaints, options);
  if (failures > 0 && !values['keep-going']) break;
  if (number === WARM_CASES) warmHeap = await heap();
  if (performance.now() - reported < REPORT_MS) continue;
  reported = performance.now();
  const used = await heapOfGrowth();
  console.error(line(used));
  if (hasGrown(used)) break;
}
const left = await heapOfGrowth();
if (failures === 0) hasGrown(left);
console.log(line(left));
if (meter !== null) console.log(coverageLines(await meter.stop()).join('\n'));
process.exitCode = failures > 0 ? 1 : 0;

function line(used: number): string {
  const by = [...counts].map(([level, count]) => `${level} ${count}`).join(', ');
  const memory = `heap ${(used / 1e6).toFixed(1)} MB (after ${WARM_CASES} cases ${(warmHeap / 1e6).toFixed(1)}), resident ${(process.memoryUsage.rss() / 1e6).toFixed(0)} MB`;
  const rate = (number / ((performance.now() - begun) / 1000)).toFixed(1);
  return `${number} cases (${by}), ${rate} a second, ${packets} packets, ${links} links, ${events} events; slowest ${slowest.ms.toFixed(0)} ms (seed ${slowest.seed}); ${memory}; ${failures} failures`;
}

/** Tells of growth, which is a failure. */
function hasGrown(used: number): boolean {
  const { rss } = process.memoryUsage();
  const grown = number > WARM_CASES && used - warmHeap > HEAP_GROWTH;
  if (grown)
    console.error(`growth: ${warmHeap} bytes of heap after ${WARM_CASES} cases, ${used} after ${number}`);
  if (rss > MOST_RSS) console.error(`growth: ${rss} bytes resident`);
  if (!grown && rss <= MOST_RSS) return false;
  failures++;
  return true;
}

function coverageLines(reached: Reached): string[] {
  const { files, functions, functionsReached, characters, charactersReached, folders, notReached } = reached;
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  return [
    `reached: ${percent(charactersReached / characters)} of the code, ${percent(functionsReached / functions)} of ${functions} functions, in ${files} files`,
    folders.map(([folder, share]) => `${folder} ${percent(share)}`).join(', '),
    ...(values.verbose ? notReached : []),
  ];
}

/** Bytes of heap and buffers in use. What buffers held is given back some time after their objects, so it is asked for until it falls no more. */
async function heap(): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let tries = 0; tries < MOST_HEAP_TRIES; tries++) {
    collectGarbage();
    await setTimeout(50);
    const { heapUsed, external } = process.memoryUsage();
    if (tries > LEAST_HEAP_TRIES && heapUsed + external >= least) break;
    least = Math.min(least, heapUsed + external);
  }
  return least;
}

/**
 * Bytes in use. What looks like growth may be compiled code, which an ordinary collection keeps for a while (20 MB of it in half an hour): a
 * snapshot, thrown away, is made of what is left when everything that can go has gone.
 */
async function heapOfGrowth(): Promise<number> {
  const used = await heap();
  if (used - warmHeap <= HEAP_GROWTH) return used;
  getHeapSnapshot().destroy();
  return heap();
}

async function slowness(made: Case, first: Examined): Promise<string[]> {
  const limit = LEAST_MS + made.bytes.length * MS_PER_BYTE;
  let best = first.wholeMs;
  for (let tries = 1; tries < SLOW_TRIES && best > limit; tries++)
    best = Math.min(best, (await examine(made.bytes)).wholeMs);
  return best > limit ? [`${best.toFixed(0)} ms for ${made.bytes.length} bytes`] : [];
}

/** How a file is cut by who hands it over must not matter. */
async function chunking(made: Case, examined: Examined): Promise<string[]> {
  const whole = await examine(made.bytes);
  if (whole.summary === null || examined.summary === null) return [];
  // Of damaged gzip data more comes out when less is put in at once.
  if (isGzip(made.bytes) && !whole.summary.capture.complete) return [];
  if (JSON.stringify(whole.summary) === JSON.stringify(examined.summary)) return [];
  return ['the summary depends on how the bytes of the file arrive'];
}

async function report(
  seed: number,
  made: Case,
  complaints: string[],
  options: ExamineOptions,
): Promise<void> {
  failures++;
  const kind = complaints[0]!.slice(0, 60);
  console.error(`seed ${seed}, ${made.level} of ${made.of}:\n${complaints.slice(0, 4).join('\n')}`);
  const fails = async (bytes: Uint8Array): Promise<boolean> =>
    (await examine(bytes, options)).complaints.some((text) => text.startsWith(kind));
  const bytes = await reduced(made.bytes, fails);
  mkdirSync(values.out, { recursive: true });
  const path = `${values.out.replace(/\/$/, '')}/${made.level}-${seed}.pcap`;
  writeFileSync(path, bytes);
  console.error(`saved as ${path} (${bytes.length} bytes)`);
}

/**
 * What is left of the truth when captures are damaged: `npm run reliability -- [FOLDER …]` (fixtures/ unless told). Every capture of
 * the folders is damaged in memory in every way of src/testing/damage.ts, with several seeds, analysed, and compared with the analysis
 * of the whole capture. Prints a Markdown table; SEEDS sets the number of seeds, DAMAGE picks one kind, VERBOSE=1 lists what is wrong.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { seededRandom } from '../src/embedded/net/seeded-random.js';
import { analyzePackets } from '../src/testing/analyze-packets.js';
import { DAMAGES, numbered } from '../src/testing/damage.js';
import { captureBytes } from '../src/testing/fixtures.js';
import { type Fact, type Judgement, judge, newJudgement, type Whole } from '../src/testing/judge-damage.js';
import { packetsOf } from '../src/testing/reframe.js';

const SEEDS = Number(process.env.SEEDS ?? 5);
const VERBOSE = process.env.VERBOSE === '1';
const folders = process.argv.slice(2);
if (folders.length === 0) folders.push(new URL('../fixtures', import.meta.url).pathname);
const damages = DAMAGES.filter(({ name }) => name.includes(process.env.DAMAGE ?? ''));

const judgements = new Map<string, Judgement>(damages.map(({ name }) => [name, newJudgement()]));
let captures = 0;
let runs = 0;
for (const path of folders.flatMap(capturesIn)) {
  const packets = numbered(await packetsOf(captureBytes(path)));
  const whole: Whole = { packets, analysis: analyzePackets(packets) };
  captures++;
  for (const damage of damages)
    for (let seed = 1; seed <= (damage.isRandom ? SEEDS : 1); seed++) {
      const left = damage.apply(packets, seededRandom(seed));
      const judgement = judgements.get(damage.name)!;
      const before = judgement.wrongs.length;
      const missedBefore = judgement.missed.length;
      judge(whole, left, analyzePackets(left), judgement);
      runs++;
      if (!VERBOSE) continue;
      const missed = judgement.missed.slice(missedBefore).map((session) => `not found: ${session}`);
      for (const wrong of [...judgement.wrongs.slice(before), ...missed])
        console.error(`${path} ${damage.name} seed ${seed}: ${wrong}`);
    }
}
console.log(`${captures} captures, ${runs} runs\n`);
printTable();

function capturesIn(folder: string): string[] {
  const pick = process.env.CAPTURE ?? '';
  return (
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.pcap(ng)?(\.gz)?$/.test(name) && name.includes(pick))
      // What the fuzzer made tells nothing true to begin with.
      .filter((name) => !name.startsWith('regressions/'))
      .sort()
      .map((name) => join(folder, name))
  );
}

function printTable(): void {
  const columns: [string, Fact][] = [
    ['start offset', 'start'],
    ['end offset', 'end'],
    ['last ACK', 'lastAck'],
    ['decision', 'decision'],
    ['cause', 'cause'],
    ['granted', 'granted'],
    ['payload size', 'payload'],
    ['lag', 'lag'],
  ];
  const head = [
    'damage',
    'sessions found',
    ...columns.map(([name]) => name),
    'commands',
    'of those left whole',
    'false',
  ];
  console.log(`| ${head.join(' | ')} |\n| ${head.map(() => '---').join(' | ')} |`);
  for (const [name, judgement] of judgements) {
    const { sessions, found, commands, recovered, intact, intactTold } = judgement;
    const { falseLinks, falseSessions } = judgement;
    const cells = [
      name,
      percent(found, sessions),
      ...columns.map(([, fact]) => verdicts(judgement, fact)),
      percent(recovered, commands),
      percent(intactTold, intact),
      `${falseLinks.length + falseSessions.length}`,
    ];
    console.log(`| ${cells.join(' | ')} |`);
  }
}

/** right / inferred / unknown / wrong, in counts. */
function verdicts({ facts }: Judgement, fact: Fact): string {
  const { right, inferred, unknown, wrong } = facts[fact];
  return `${right} / ${inferred} / ${unknown} / ${wrong}`;
}

function percent(part: number, whole: number): string {
  return whole === 0 ? '–' : `${((100 * part) / whole).toFixed(2)} %`;
}

import { describe, expect, it } from 'vitest';
import { seededRandom } from './embedded/net/seeded-random.js';
import { analyzePackets } from './testing/analyze-packets.js';
import { DAMAGES, type Damage, numbered } from './testing/damage.js';
import { captureBytes, replicationFixtures } from './testing/fixtures.js';
import { type Judgement, judge, newJudgement, type Whole } from './testing/judge-damage.js';
import { packetsOf } from './testing/reframe.js';

/**
 * What is told of damaged captures of real servers, against what is told of the whole ones (`npm run reliability` has the table). What is
 * wrong names the capture; the damage is the same at each run.
 */

const wholes: Promise<Whole>[] = replicationFixtures().map(async ({ path }) => {
  const packets = numbered(await packetsOf(captureBytes(path)));
  return { packets, analysis: analyzePackets(packets) };
});

async function judged(damage: Damage, seed: number): Promise<Judgement> {
  const judgement = newJudgement();
  for (const each of wholes) {
    const whole = await each;
    const left = damage.apply(whole.packets, seededRandom(seed));
    judge(whole, left, analyzePackets(left), judgement);
  }
  return judgement;
}

function damageNamed(name: string): Damage {
  const found = DAMAGES.find((damage) => damage.name === name);
  if (found === undefined) throw new Error(`no damage ${name}`);
  return found;
}

/** Damage, and the least share of the commands that must still be told; of those left whole it must be all of them. */
const EXACT: [name: string, commands: number][] = [
  ['loss 0.1 %', 0.99],
  ['loss 1 %', 0.97],
  ['reordered 100 µs', 1],
  ['reordered 1 ms', 0.999],
  ['reordered 100 ms', 0.98],
  ['every packet twice', 1],
  ['1 % displaced by minutes', 0.97],
  ['loss 1 % + reordered 1 ms + every packet twice', 0.97],
];

describe('a damaged capture', () => {
  it.each(EXACT)('%s: nothing that is told is wrong', async (name, commands) => {
    for (const seed of [1, 2]) {
      const { wrongs, falseLinks, falseSessions, sessions, found, ...counted } = await judged(
        damageNamed(name),
        seed,
      );
      expect(wrongs).toEqual([]);
      expect([...falseLinks, ...falseSessions]).toEqual([]);
      expect(found / sessions).toBeGreaterThan(0.97);
      expect(counted.recovered / counted.commands).toBeGreaterThanOrEqual(commands);
      // What comes minutes late has been given up by then.
      const late = name.includes('displaced') ? 0.02 : 0;
      expect(counted.intactTold).toBeGreaterThanOrEqual((1 - late) * counted.intact);
      expect(counted.facts.start.right).toBeGreaterThan(0.9 * found);
    }
  });

  it.each(['loss 5 %', 'bursts of 20 lost', 'snaplen 96', "master's packets only", "replica's packets only"])(
    '%s: nothing that is told is wrong, and commands that are left whole are told',
    async (name) => {
      const { wrongs, falseLinks, falseSessions, found, intact, intactTold } = await judged(
        damageNamed(name),
        1,
      );
      expect(found).toBeGreaterThan(70);
      expect(wrongs).toEqual([]);
      expect([...falseLinks, ...falseSessions]).toEqual([]);
      expect(intactTold).toBeGreaterThanOrEqual(0.999 * intact);
    },
  );
});

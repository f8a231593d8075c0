import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { replicationFixtures } from './testing/fixtures.js';
import { Corpus, LEVELS } from './testing/fuzz/cases.js';
import { examine } from './testing/fuzz/examine.js';
import { wrongFacts } from './testing/fuzz/odd-conversations.js';

/** A little of what `npm run fuzz` does at length (docs/fuzzing.md). Seeded: the cases are the same at each run, and a failure names its seed. */

const CASES_PER_LEVEL = 60;
/** Each fifth case goes through everything, which takes three times as long. */
const DEEP_EVERY = 5;

const EMBEDDED = fileURLToPath(new URL('../fixtures/embedded/', import.meta.url));
const corpus = new Corpus([
  ...replicationFixtures().map(({ path }) => path),
  ...readdirSync(EMBEDDED)
    .filter((name) => name.endsWith('.pcap'))
    .map((name) => EMBEDDED + name),
]);

describe('damaged and odd captures never break a run', () => {
  for (const level of LEVELS)
    it(`level ${level}`, async () => {
      for (let seed = 1; seed <= CASES_PER_LEVEL; seed++) {
        const { bytes, secrets, odd } = await corpus.make(seed, [level]);
        const deep = seed % DEEP_EVERY === 0;
        const { complaints, summary } = await examine(bytes, { secrets, deep, isSound: odd !== null });
        expect(complaints, `seed ${seed}`).toEqual([]);
        if (odd !== null) expect(wrongFacts(summary!, odd), `seed ${seed}`).toEqual([]);
      }
    });

  it('the same seed makes the same case', async () => {
    for (const level of LEVELS) {
      const [one, other] = [await corpus.make(7, [level]), await corpus.make(7, [level])];
      expect(Buffer.compare(one.bytes, other.bytes)).toBe(0);
    }
  });
});

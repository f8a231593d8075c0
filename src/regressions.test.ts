import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { examine } from './testing/fuzz/examine.js';

/** Captures that the fuzzer made and that once showed a defect: fixtures/regressions. */

const FOLDER = fileURLToPath(new URL('../fixtures/regressions/', import.meta.url));
/** A case takes a few ms; one that hangs took seconds. */
const MOST_MS = 5000;

describe('a capture that once showed a defect', () => {
  for (const name of readdirSync(FOLDER).sort())
    it(name, async () => {
      const bytes = readFileSync(FOLDER + name);
      for (const chunk of [undefined, 17]) {
        const examined = await examine(bytes, { deep: true, chunk });
        expect(examined.complaints).toEqual([]);
        expect(examined.wholeMs).toBeLessThan(MOST_MS);
      }
    });
});

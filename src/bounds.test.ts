import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { FLOODS, runFlood } from './testing/floods.js';

/** Captures that try to make the analyzer grow, small enough for the suite; `npm run bounds` runs them at full size. */

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** What is held at the end of a flood, at most: the same for every one of them, however large. */
const MOST_HELD_BYTES = 64 * 1024 * 1024;

describe('a capture of nothing but', () => {
  it.each(FLOODS.map((flood) => [flood.name, flood] as const))(
    '%s: memory is bounded, and the links among it are whole',
    (_, flood) => {
      collect();
      const before = process.memoryUsage();
      const { problems, analyzer } = runFlood(flood, flood.testSize);
      collect();
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      expect(problems).toEqual([]);
      expect(heapUsed + arrayBuffers - before.heapUsed - before.arrayBuffers).toBeLessThan(MOST_HELD_BYTES);
      expect(analyzer.packets).toBeGreaterThan(0); // it is still held
    },
    20_000,
  );
});

describe('limits that were reached', () => {
  it('are told, with how often', () => {
    const { document } = runFlood(FLOODS.find(({ name }) => name === 'different command names')!, 10_000);
    expect(document.limits).toEqual([
      { limit: 'command-names', most: 2048, times: expect.any(Number) as number },
    ]);
    expect(document.limits[0]!.times).toBeGreaterThan(7000);
  });
});

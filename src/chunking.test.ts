import { describe, expect, it } from 'vitest';
import { analyzeBytes, linksInPieces } from './testing/analyze-bytes.js';
import { captureBytes, replicationFixtures } from './testing/fixtures.js';

/** How a capture is cut on its way must not show in what is said of it. */

/** Captures larger than this are not fed byte by byte: it would take seconds and show nothing new. */
const SMALL = 200_000;

describe('a capture that arrives in small reads', () => {
  for (const { name, path } of replicationFixtures())
    it(name, async () => {
      const bytes = captureBytes(path);
      const whole = await analyzeBytes(bytes);
      expect(whole.capture.packets).toBeGreaterThan(0);
      expect(await analyzeBytes(bytes, 7)).toEqual(whole);
      if (bytes.length < SMALL) expect(await analyzeBytes(bytes, 1)).toEqual(whole);
    });
});

/** A payload joined midway is told from commands by how its spans begin, so there the pieces are at least some words long. */
function piecesFor(name: string): number[] {
  return name.startsWith('start-mid-rdb') ? [64, 1448] : [1, 7];
}

describe('streams that arrive in small pieces', () => {
  for (const { name, path } of replicationFixtures())
    for (const piece of piecesFor(name))
      it(`${name}, ${piece} B`, async () => {
        const bytes = captureBytes(path);
        const { links } = await analyzeBytes(bytes);
        expect(await linksInPieces(bytes, Number.POSITIVE_INFINITY)).toEqual(links);
        expect(await linksInPieces(bytes, piece)).toEqual(links);
      });
});

import { Readable } from 'node:stream';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { wholeLines } from './shared-output.js';

it('whole lines: all of them in their order, each piece ends behind a line, and nothing of one without its end', async () => {
  const text = fc
    .array(fc.constantFrom('a', 'é', '\n', '{"x":"1"}\n'), { maxLength: 40 })
    .map((all) => all.join(''));
  const cuts = fc.array(fc.nat(60), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(text, cuts, async (whole, places) => {
      const bytes = Buffer.from(whole);
      const at = [0, ...places.filter((place) => place < bytes.length).sort((a, b) => a - b), bytes.length];
      const chunks = at.slice(1).map((end, index) => bytes.subarray(at[index], end));
      const pieces: string[] = [];
      for await (const piece of wholeLines(Readable.from(chunks))) pieces.push(piece.toString('utf8'));
      expect(pieces.join('')).toBe(whole.slice(0, whole.lastIndexOf('\n') + 1));
      for (const piece of pieces) expect(piece.endsWith('\n')).toBe(true);
    }),
  );
});

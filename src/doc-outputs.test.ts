import { describe, expect, it } from 'vitest';
import { currentOutput, pastedOutputs } from './testing/doc-outputs.js';

/** What the pages show is what the program prints. `npm run docs` renews it. */
describe('outputs in README and docs', () => {
  const all = pastedOutputs();

  it('are found', () => {
    expect(all.filter(({ page }) => page === 'README.md').length).toBeGreaterThanOrEqual(3);
  });

  for (const pasted of all)
    it(`${pasted.page}: psyncscope ${pasted.args.join(' ')}`, async () => {
      expect(await currentOutput(pasted)).toBe(pasted.text);
    });
});

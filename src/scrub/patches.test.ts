import { describe, expect, it } from 'vitest';
import { PatchBudget, Patches, TooManyPatches } from './patches.js';

/** What patches make of the bytes at positions 0 to 29. */
function applied(patches: Patches, from = 0, to = 30): string {
  const bytes = Buffer.alloc(to - from, '.');
  patches.apply(bytes, 0, bytes.length, from, (index, value) => {
    bytes[index] = value;
  });
  return bytes.toString();
}

describe('patches', () => {
  it('overwrite where they lie, in whatever pieces the bytes come', () => {
    const patches = new Patches(new PatchBudget());
    patches.add(2, 5);
    patches.add(10, 14, Buffer.from('abcd'));
    expect(applied(patches)).toBe(`..xxx.....abcd${'.'.repeat(16)}`);
    expect(Array.from({ length: 30 }, (_, at) => applied(patches, at, at + 1)).join('')).toBe(
      applied(patches),
    );
  });

  it('that lie within others hide none of them', () => {
    const patches = new Patches(new PatchBudget());
    patches.add(12, 15);
    patches.add(0, 20);
    patches.add(25, 28);
    expect(applied(patches, 0, 4)).toBe('xxxx');
    expect(applied(patches, 16, 30)).toBe('xxxx.....xxx..');
    patches.add(21, 23);
    expect(applied(patches, 16, 30)).toBe('xxxx.xx..xxx..');
  });

  it('are so many and no more', () => {
    const budget = new PatchBudget();
    budget.left = 1;
    const patches = new Patches(budget);
    patches.add(0, 1);
    expect(() => patches.add(1, 2)).toThrow(TooManyPatches);
  });
});

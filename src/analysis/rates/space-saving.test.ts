import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SpaceSaving } from './space-saving.js';

/** [key, bytes] */
const STREAM = fc.array(fc.tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 1, max: 1000 })), {
  maxLength: 300,
});

function truth(stream: readonly [number, number][]): Map<string, { bytes: number; commands: number }> {
  const counts = new Map<string, { bytes: number; commands: number }>();
  for (const [key, bytes] of stream) {
    const count = counts.get(`k${key}`) ?? { bytes: 0, commands: 0 };
    counts.set(`k${key}`, { bytes: count.bytes + bytes, commands: count.commands + 1 });
  }
  return counts;
}

function counted(stream: readonly [number, number][], capacity: number): SpaceSaving {
  const table = new SpaceSaving(capacity);
  for (const [key, bytes] of stream) table.add(`k${key}`, bytes);
  return table;
}

describe('the heaviest keys', () => {
  it('are exact while there is room for all', () => {
    fc.assert(
      fc.property(STREAM, (stream) => {
        const table = counted(stream, 41);
        const counts = truth(stream);
        expect(table.isExact).toBe(true);
        expect(table.all().length).toBe(counts.size);
        for (const { key, bytes, commands, error } of table.all())
          expect({ bytes, commands, error }).toEqual({ ...counts.get(key), error: 0 });
      }),
    );
  });

  it('keep their bounds when there is not', () => {
    fc.assert(
      fc.property(STREAM, fc.integer({ min: 1, max: 20 }), (stream, capacity) => {
        const table = counted(stream, capacity);
        const counts = truth(stream);
        const total = stream.reduce((sum, [, bytes]) => sum + bytes, 0);
        const rows = table.all();
        expect(rows.length).toBeLessThanOrEqual(capacity);
        expect(table.isExact).toBe(counts.size <= capacity);
        expect(table).toMatchObject({ bytes: total, commands: stream.length });
        expect(rows.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(total);
        for (const { key, bytes, commands, error } of rows) {
          const real = counts.get(key)!;
          expect(bytes).toBeGreaterThanOrEqual(real.bytes);
          expect(bytes - error).toBeLessThanOrEqual(real.bytes);
          expect(commands).toBeLessThanOrEqual(real.commands);
          expect(error).toBeLessThanOrEqual(total / capacity);
        }
        // Whoever has more than its share of the total is there, and whoever is not has no more than the last one.
        const listed = new Set(rows.map(({ key }) => key));
        for (const [key, { bytes }] of counts) {
          if (bytes > total / capacity) expect(listed).toContain(key);
          if (!listed.has(key)) expect(bytes).toBeLessThanOrEqual(rows.at(-1)!.bytes);
        }
      }),
    );
  });
});

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { string } from '../testing/rdb-writer.js';
import type { RdbKey } from './sink.js';
import { TopKeys } from './top-keys.js';

function key(name: Uint8Array, position: number): RdbKey {
  const facts = { db: 0, type: 'string', typeId: 0, encoding: 'raw', elements: 1, bytes: 1 } as const;
  const none = { expiresAt: null, idle: null, freq: null, cut: false };
  return { ...facts, ...none, key: name, keyLength: name.length, position };
}

it('keeps the highest values, the first of equal ones, for any number that is offered', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 50 })),
      fc.integer({ min: 0, max: 12 }),
      (values, limit) => {
        const top = new TopKeys(limit);
        for (const [position, value] of values.entries()) top.offer(value, key(new Uint8Array(1), position));
        const expected = [...values.entries()]
          .filter(([, value]) => value > 0)
          .sort(([i, a], [j, b]) => b - a || i - j)
          .slice(0, limit)
          .map(([position]) => position);
        expect(top.list().map(({ position }) => position)).toEqual(expected);
      },
    ),
  );
});

it('copies names, and no more of them than it needs', () => {
  const top = new TopKeys(2);
  const name = Buffer.from(string('x'.repeat(1000), 'raw'));
  top.offer(5, key(name, 0));
  name.fill(0);
  const [kept] = top.list();
  expect(kept).toMatchObject({ keyLength: name.length });
  expect(kept!.key.length).toBe(256);
  expect(kept!.key[10]).toBe(0x78);
});

it('leaves out what cannot be ranked', () => {
  const top = new TopKeys(2);
  for (const value of [null, Number.NaN, 0, -1]) top.offer(value, key(new Uint8Array(1), 0));
  expect(top.list()).toEqual([]);
});

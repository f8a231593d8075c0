import { Chalk } from 'chalk';
import { expect, it } from 'vitest';
import { type Column, fitTable } from './fit-table.js';
import { displayWidth } from './width.js';

const NAME: Column<number> = { head: 'name\nof it', cell: (row) => `link ${row}` };
const SIZE: Column<number> = {
  head: 'size',
  right: true,
  cell: (row) => (row % 7 === 0 ? `${row} B\n漢字` : `${row} B`),
};

const options = (width: number) => ({ width, chalk: new Chalk({ level: 0 }) });
const rows = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

it('the columns of thousands of rows stand below each other, and take no more than a moment', () => {
  const started = performance.now();
  const lines = fitTable(rows(10_000), [[NAME, SIZE]], [NAME, SIZE], options(80));
  expect(performance.now() - started).toBeLessThan(10_000);
  expect(lines.slice(0, 5)).toEqual([
    'name         size',
    'of it',
    '─────────────────',
    'link 0        0 B',
    '             漢字',
  ]);
  const body = lines.slice(3);
  expect(body.length).toBe(10_000 + Math.ceil(10_000 / 7));
  expect(new Set(body.map(displayWidth))).toEqual(new Set([17]));
  expect(body.at(-1)).toBe('link 9999  9999 B');
});

it('the first layout that fits is taken, and cards where none does', () => {
  expect(fitTable([1], [[NAME, SIZE], [SIZE]], [SIZE], options(11))).toEqual(['size', '────', ' 1 B']);
  expect(fitTable([1], [[NAME, SIZE]], [SIZE], options(3))).toEqual([expect.stringContaining('1 B')]);
});

import { toAscii } from './ascii.js';

const BLOCKS = '▁▂▃▄▅▆▇█';

/** Comparison instead of Math.max: what is no number counts as zero. */
function highest(values: readonly number[], from: number, to: number): number {
  let max = 0;
  for (const value of values.slice(from, to)) if (value > max) max = value;
  return max;
}

/**
 * Values as blocks of rising height, relative to the highest one. At most `cells` of them: neighbours share a cell and
 * the highest one is shown. Zero, and nothing else, is the lowest block.
 */
export function sparkline(values: readonly number[], cells: number, ascii = false): string {
  const count = Math.max(0, Math.min(values.length, Math.floor(cells)));
  const top = highest(values, 0, values.length);
  let line = '';
  for (let cell = 0; cell < count; cell++) {
    const from = Math.floor((cell * values.length) / count);
    const to = Math.floor(((cell + 1) * values.length) / count);
    const value = highest(values, from, to);
    line += BLOCKS[value > 0 ? Math.max(1, Math.ceil((value / top) * 7)) : 0];
  }
  return ascii ? toAscii(line) : line;
}

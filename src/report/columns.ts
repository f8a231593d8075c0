import type { ChalkInstance } from 'chalk';
import { wrapWords } from './layout.js';
import { cutToWidth, displayWidth, padLeft, padRight } from './width.js';

/** A column of a plain table. */
export interface PlainColumn {
  head: string;
  right?: boolean;
  /** Of the last one, which takes what room is left: broken between words instead of cut. */
  wraps?: boolean;
}

const GAP = '  ';

/**
 * A table as lines of at most `width` columns: head, rule, rows. Cells are safe to print; the last column takes what is left and is
 * cut or broken there. Nothing when there are no rows.
 */
export function plainColumns(
  columns: readonly PlainColumn[],
  rows: readonly (readonly string[])[],
  width: number,
  chalk: ChalkInstance,
): string[] {
  if (rows.length === 0) return [];
  const widths = columns.map(({ head }, i) =>
    rows.reduce((most, row) => Math.max(most, displayWidth(row[i]!)), displayWidth(head)),
  );
  const last = columns.length - 1;
  const before = widths.slice(0, last).reduce((sum, each) => sum + each + GAP.length, 0);
  widths[last] = Math.max(1, Math.min(widths[last]!, width - before));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => {
        const text = i === last ? cutToWidth(cell, widths[i]!) : cell;
        return columns[i]!.right === true ? padLeft(text, widths[i]!) : padRight(text, widths[i]!);
      })
      .join(GAP)
      .trimEnd();
  const lines = (cells: readonly string[]): string[] => {
    if (columns[last]!.wraps !== true) return [line(cells)];
    const [first = '', ...more] = wrapWords(cells[last]!, widths[last]!);
    return [line([...cells.slice(0, last), first]), ...more.map((text) => ' '.repeat(before) + text)];
  };
  const rule = '─'.repeat(Math.min(width, before + widths[last]!));
  return [chalk.bold(line(columns.map(({ head }) => head))), chalk.dim(rule), ...rows.flatMap(lines)];
}

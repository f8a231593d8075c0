import type { ChalkInstance } from 'chalk';
import Table from 'cli-table3';
import { flow, renderLine } from './layout.js';
import { displayWidth } from './width.js';

/** A column of a table that has several layouts. Head and cells may have several lines. */
export interface Column<Row> {
  head: string;
  right?: boolean;
  cell: (row: Row) => string;
}

const CHARS = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};

/** Rows laid out at once: cli-table3 takes time by the square of them. */
const ROWS_AT_ONCE = 200;

/** Cells of all rows, the head first, with the width of each column. */
interface Cells {
  head: string[];
  rows: string[][];
  widths: number[];
  width: number;
}

function cellsOf<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): Cells {
  const head = columns.map((column) => column.head);
  const cells = rows.map((row) => columns.map((column) => column.cell(row)));
  const widths = head.map((_, i) =>
    [head, ...cells].reduce((most, row) => Math.max(most, ...row[i]!.split('\n').map(displayWidth)), 0),
  );
  const between = CHARS.middle.length * (columns.length - 1);
  return { head, rows: cells, widths, width: widths.reduce((sum, each) => sum + each, between) };
}

/** These rows as plain lines. */
function layOut<Row>(rows: string[][], columns: readonly Column<Row>[], colWidths: number[]): string[] {
  const table = new Table({
    chars: CHARS,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
    colAligns: columns.map((column) => (column.right ? 'right' : 'left')),
    colWidths,
  });
  table.push(...rows);
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd());
}

/** For terminals too narrow for any table: a few lines a row; the first column is its title. */
function cards<Row>(rows: readonly Row[], columns: readonly Column<Row>[], width: number): string[] {
  return rows.flatMap((row) => {
    const facts = columns.slice(1).map((column) => ({ text: `${column.head} ${column.cell(row)}` }));
    const lines = flow(facts, Math.max(10, width - 2)).map((line) => [{ text: '  ' }, ...line]);
    return [[{ text: columns[0]!.cell(row) }], ...lines].map((line) => renderLine(line, width));
  });
}

/**
 * Rows as a table in the first layout (from rich to narrow) that fits into `width` columns, as lines; as cards where none does, with
 * the columns of `asCards`, whose texts have one line.
 */
export function fitTable<Row>(
  rows: readonly Row[],
  layouts: readonly (readonly Column<Row>[])[],
  asCards: readonly Column<Row>[],
  { width, chalk }: { width: number; chalk: ChalkInstance },
): string[] {
  for (const columns of layouts) {
    const cells = cellsOf(rows, columns);
    if (cells.width > width) continue;
    const lines = layOut([cells.head], columns, cells.widths).map((line) => chalk.bold(line));
    lines.push(chalk.dim('─'.repeat(cells.width)));
    for (let from = 0; from < cells.rows.length; from += ROWS_AT_ONCE)
      lines.push(...layOut(cells.rows.slice(from, from + ROWS_AT_ONCE), columns, cells.widths));
    return lines;
  }
  return cards(rows, asCards, width);
}

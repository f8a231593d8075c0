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

/** The table as plain lines: head, rule, rows. */
function plainTable<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string[] {
  const heads = columns.map((column) => column.head);
  const headRows = Math.max(...heads.map((head) => head.split('\n').length));
  const table = new Table({
    chars: CHARS,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
    colAligns: columns.map((column) => (column.right ? 'right' : 'left')),
  });
  table.push(heads, ...rows.map((row) => columns.map((column) => column.cell(row))));
  const lines = table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd());
  const width = lines.reduce((most, line) => Math.max(most, displayWidth(line)), 0);
  return [...lines.slice(0, headRows), '─'.repeat(width), ...lines.slice(headRows)];
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
    const lines = plainTable(rows, columns);
    if (lines.some((line) => displayWidth(line) > width)) continue;
    const rule = lines.findIndex((line) => line.startsWith('─'));
    return lines.map((line, index) =>
      index < rule ? chalk.bold(line) : index === rule ? chalk.dim(line) : line,
    );
  }
  return cards(rows, asCards, width);
}

import { type Part, renderLine } from '../layout.js';
import type { TextOptions } from '../options.js';
import { cutToWidth, padLeft, padRight } from '../width.js';
import { cutStart } from './link-name.js';
import type { LiveLink } from './model.js';
import { type ChosenColumns, chooseColumns } from './top-columns.js';
import { selectedIndex, type TopState } from './top-state.js';
import { isBad } from './troubles.js';

/** Before each link: `>` for the picked one, and `!` for what is wrong, `*` for what is worth a look. */
const MARKS = 3;

/** The table of links: its head and `height` rows around the picked link. Lines in Unicode; the caller translates. */
export function topTable(
  links: readonly LiveLink[],
  state: TopState,
  height: number,
  options: TextOptions,
): string[] {
  if (links.length === 0 || height < 1) return [];
  const chosen = chooseColumns(links, options.width, MARKS);
  const at = selectedIndex(
    state,
    links.map((link) => link.state.link.id),
  );
  const from = firstRow(at, links.length, height);
  const rows = links.slice(from, from + height).map((link, i) => row(link, from + i === at, chosen, options));
  return [head(chosen, state, options), ...rows];
}

/** The picked row stays in the middle, except near both ends. */
export function firstRow(selected: number, count: number, height: number): number {
  return Math.max(0, Math.min(count - height, selected - Math.floor(height / 2)));
}

function head(
  { columns, gap, linkHead, linkWidth }: ChosenColumns,
  state: TopState,
  options: TextOptions,
): string {
  const { chalk, width } = options;
  const paint = (sort: string | null) => (sort === state.sort ? chalk.bold.underline : chalk.bold);
  const parts: Part[] = [
    { text: ' '.repeat(MARKS) },
    { text: cutToWidth(linkHead, linkWidth), paint: paint('link') },
    { text: ' '.repeat(Math.max(0, linkWidth - linkHead.length)) },
  ];
  for (const column of columns) {
    const text = cutToWidth(column.head, column.width);
    const blanks = ' '.repeat(column.width - text.length);
    const cell: Part = { text, paint: paint(column.sort) };
    parts.push(
      { text: ' '.repeat(gap) },
      ...(column.right ? [{ text: blanks }, cell] : [cell, { text: blanks }]),
    );
  }
  return renderLine(parts, width);
}

function row(
  link: LiveLink,
  picked: boolean,
  { columns, gap, linkWidth, linkText }: ChosenColumns,
  { chalk, width }: TextOptions,
): string {
  const worst = link.troubles[0];
  const mark = worst === undefined ? ' ' : isBad(worst) ? '!' : '*';
  const parts: Part[] = [
    { text: picked ? '>' : ' ', paint: chalk.bold },
    { text: mark, paint: worst !== undefined && isBad(worst) ? chalk.red.bold : chalk.yellow },
    { text: ' ' },
    {
      text: padRight(cutStart(linkText(link), linkWidth), linkWidth),
      paint: picked ? chalk.bold.inverse : undefined,
    },
  ];
  for (const column of columns) {
    const { text, paint } = column.cell(link, chalk);
    const cell = cutToWidth(text, column.width);
    const placed = column.right ? padLeft(cell, column.width) : padRight(cell, column.width);
    const blanks = placed.length - placed.trimStart().length;
    parts.push({ text: ' '.repeat(gap + blanks) }, { text: placed.slice(blanks), paint });
  }
  return renderLine(parts, width);
}

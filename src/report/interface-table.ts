import { escapeText } from './escape.js';
import type { TextOptions } from './options.js';
import { cutToWidth, displayWidth, padRight } from './width.js';

/** An interface as the table of them shows it. */
export interface ListedInterface {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly isUp: boolean | null;
  readonly isLoopback: boolean;
  readonly backends: readonly string[];
}

const MAX_NAME = 64;
const GAP = '  ';

/** One line an interface: name, state, what this user may capture with, addresses. */
export function interfaceTable(
  interfaces: readonly ListedInterface[],
  { width, chalk }: TextOptions,
): string {
  const rows = interfaces.map(({ name, addresses, isUp, isLoopback, backends }) => [
    escapeText(name, MAX_NAME),
    isUp === null ? '' : `${isUp ? 'up' : 'down'}${isLoopback ? ', loopback' : ''}`,
    backends.length > 0 ? backends.join(' ') : 'no',
    addresses.join(' '),
  ]);
  const head = ['interface', 'state', 'may capture', 'addresses'];
  const widths = head.map((title, column) =>
    Math.max(displayWidth(title), ...rows.map((row) => displayWidth(row[column]!))),
  );
  const line = (cells: readonly string[]): string =>
    cutToWidth(
      cells
        .map((cell, column) => padRight(cell, widths[column]!))
        .join(GAP)
        .trimEnd(),
      width,
    );
  return [chalk.dim(line(head)), ...rows.map(line)].join('\n');
}

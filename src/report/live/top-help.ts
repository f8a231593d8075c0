import { renderLine } from '../layout.js';
import type { TextOptions } from '../options.js';
import { padRight } from '../width.js';

const KEYS: readonly (readonly [string, string])[] = [
  ['q, Ctrl-C', 'quit; the summary follows'],
  ['p, space', 'pause the screen; capturing goes on'],
  ['up down, j k', 'pick a link; PgUp PgDn g G too'],
  ['Enter', 'all about the picked link; Esc back'],
  ['s, < >', 'sort by the next or previous column'],
  ['r', 'reverse the order'],
  ['Ctrl-L', 'draw everything again'],
];

const WORDS: readonly (readonly [string, string])[] = [
  ['lag', 'bytes sent and not acknowledged yet'],
  ['age', 'of the oldest of them; up to 1 s is sound'],
  ['ACK', 'age of the last one; one a second is sound'],
  ['full/part', 'full and partial resyncs so far'],
  ['lost', 'bytes of this link that the capture lacks'],
  ['!', 'wrong; * is worth a look: Enter says what'],
  ['~', 'offset inferred: joined mid-stream'],
];

const LABEL = 14;

/** Keys and words of the screen, for those who asked. */
export function helpLines({ chalk, width }: TextOptions): string[] {
  const lines = (entries: typeof KEYS) =>
    entries.map(([name, text]) =>
      renderLine([{ text: padRight(name, LABEL), paint: chalk.bold }, { text }], width),
    );
  return [...lines(KEYS), '', ...lines(WORDS)];
}

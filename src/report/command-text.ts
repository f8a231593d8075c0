import type { ReplicationEvent } from '../replication/events.js';
import { toAscii } from './ascii.js';
import { quoteBytes } from './escape.js';
import { type EventOptions, PLAIN_WHO, timeText, whoText } from './event-options.js';
import { type Part, renderLine } from './layout.js';
import { bytesText } from './units.js';
import { displayWidth, padLeft, padRight } from './width.js';

type StreamCommand = Extract<ReplicationEvent, { event: 'stream.command' }>;

/** Least columns for the words of a command, however narrow the terminal. */
const LEAST_WORDS = 12;
/** Columns a word may take before it is cut: a long value must not hide the arguments after it. */
const WORD_COLUMNS = 48;
const OFFSET_COLUMNS = 14;
const LAG_COLUMNS = 10;
/** From this width on words and size share a column of their own; below, the numbers go to the end of the line. */
const LEAST_REGION = 27;
const MOST_REGION = 72;

/** The command as words, at most `columns` wide; `… +3` stands for arguments that do not fit or were not kept. */
function wordsText(event: StreamCommand, columns: number): string {
  let text = '';
  for (let index = 0; index < event.args.length; index++) {
    const hidden = event.argCount - index - 1;
    const more = hidden > 0 ? ` … +${hidden}` : '';
    const room = columns - displayWidth(text) - (index === 0 ? 0 : 1) - more.length;
    const word = quoteBytes(event.args[index]!, Math.max(1, Math.min(WORD_COLUMNS, room)));
    if (index > 0 && (room < 4 || displayWidth(word) > room)) {
      return `${text} … +${event.argCount - index}`;
    }
    text += index === 0 ? word : ` ${word}`;
  }
  const lost = event.argCount - event.args.length;
  return lost > 0 ? `${text} … +${lost}` : text;
}

/**
 * One stream command in one line:
 * `07:51:05.912004  master → replica   set key-b key-a               +35 B   offset 5770`.
 * Offsets are plain digits: they are there to be searched for.
 */
export function commandText(event: StreamCommand, options: EventOptions): string {
  const { chalk, width } = options;
  const who = padRight(whoText(event.link, event.from, options), PLAIN_WHO);
  const head = `${timeText(event.time, options)}  ${who}   `;
  const offset = event.offset === null ? 'offset ?' : `offset ${event.offset}`;
  const lag = event.lagBytes === null ? '' : `  lag ${bytesText(event.lagBytes)}`;
  const size = event.from === 'master' ? `+${bytesText(event.bytes)}` : '';

  const room = width - displayWidth(head);
  const region = Math.min(MOST_REGION, room - 3 - OFFSET_COLUMNS - LAG_COLUMNS);
  const numbers = `${offset}${lag}`;
  const taken = size === '' ? 0 : size.length + 2;
  let words: string;
  let tail: string;
  if (region >= LEAST_REGION) {
    words = wordsText(event, region - taken);
    tail = `${padLeft(size, region - displayWidth(words))}   ${padRight(offset, lag === '' ? 0 : OFFSET_COLUMNS)}`;
  } else {
    words = wordsText(event, Math.max(LEAST_WORDS, room - taken - numbers.length - 2));
    const end = size === '' ? offset : `${size}  ${offset}`;
    tail = padLeft(end, Math.max(end.length + 2, room - displayWidth(words) - lag.length));
  }
  const parts: Part[] = [
    { text: head, paint: chalk.dim },
    { text: words, paint: event.from === 'replica' ? chalk.cyan : undefined },
    { text: tail, paint: chalk.dim },
    { text: lag, paint: event.lagBytes === 0 ? chalk.dim : chalk.yellow },
  ];
  const line = renderLine(parts, width);
  return options.ascii ? toAscii(line) : line;
}

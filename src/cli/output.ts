import { writeFully } from './descriptor.js';
import type { InputProblem } from './errors.js';
import { notWritten } from './not-written.js';

const STANDARD_OUTPUT = 1;

/** Text gathered before it is written: one write a line would cost more than the analysis. */
const BUFFER_CHARACTERS = 32 * 1024;

/** Bytes that are written at once: a whole document may be one text of many MB. */
const WRITE_BYTES = 64 * 1024;

/** Columns when the output is no terminal and COLUMNS says nothing. */
const DEFAULT_WIDTH = 100;

/** Narrower is not laid out: lines are cut by the terminal then. */
const LEAST_WIDTH = 60;

/** True once the reader of our standard output has gone (`| head`). */
let outputClosed = false;
const whenClosed: (() => void)[] = [];
/** Why nothing more can be written, where it is not that the reader has gone: a full disk. */
let problem: InputProblem | null = null;

/** A closed standard output ends the program quietly: call once, before anything is written. */
export function guardOutput(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (!isGone(error)) throw error;
    noteOutputClosed();
  });
  process.stderr.on('error', (error: NodeJS.ErrnoException) => {
    if (!isGone(error)) throw error;
  });
}

/** EPIPE: the reader of a pipe has gone; EIO: the terminal has hung up. */
function isGone({ code }: NodeJS.ErrnoException): boolean {
  return code === 'EPIPE' || code === 'EIO';
}

/** Nobody reads our output any more: found out while writing to its descriptor. */
export function noteOutputClosed(): void {
  if (outputClosed) return;
  outputClosed = true;
  for (const stop of whenClosed) stop();
}

/** True once nobody reads our output any more. */
export function isOutputClosed(): boolean {
  return outputClosed;
}

/** Calls `stop` when nobody reads our output any more. */
export function onOutputClosed(stop: () => void): void {
  if (outputClosed) stop();
  else whenClosed.push(stop);
}

/** What kept the output from being written whole; null: nothing did. */
export function outputProblem(): InputProblem | null {
  return problem;
}

/** Standard output, buffered. What is full is written before more is made: a slow reader costs time and no memory. */
export class Output {
  readonly #encoder = new TextEncoder();
  readonly #bytes = new Uint8Array(WRITE_BYTES);
  #text = '';

  line(text: string): void {
    this.#text += `${text}\n`;
    if (this.#text.length >= BUFFER_CHARACTERS) this.flush();
  }

  flush(): void {
    if (this.#text === '' || outputClosed) return;
    const text = this.#text;
    this.#text = '';
    try {
      for (let at = 0; at < text.length && !outputClosed; ) {
        const { read, written } = this.#encoder.encodeInto(text.slice(at), this.#bytes);
        if (!writeFully(STANDARD_OUTPUT, this.#bytes.subarray(0, written))) noteOutputClosed();
        at += read;
      }
    } catch (error) {
      if (!isGone(error as NodeJS.ErrnoException)) problem = notWritten('standard output', error);
      noteOutputClosed();
    }
  }
}

/** Columns of the terminal, or what COLUMNS says. */
export function outputWidth(): number {
  const columns = process.stdout.columns ?? Number(process.env.COLUMNS ?? '');
  return Number.isInteger(columns) && columns > 0 ? Math.max(LEAST_WIDTH, columns) : DEFAULT_WIDTH;
}

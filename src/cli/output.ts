import { Chalk, type ChalkInstance, type ColorSupportLevel, supportsColor } from 'chalk';

/** Text gathered before it is written: one write a line would cost more than the analysis. */
const BUFFER_CHARACTERS = 32 * 1024;

/** Columns when the output is no terminal and COLUMNS says nothing. */
const DEFAULT_WIDTH = 100;

/** Narrower is not laid out: lines are cut by the terminal then. */
const LEAST_WIDTH = 60;

/** True once the reader of our standard output has gone (`| head`). */
let outputClosed = false;
const whenClosed: (() => void)[] = [];

/** A closed standard output ends the program quietly: call once, before anything is written. */
export function guardOutput(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    outputClosed = true;
    for (const stop of whenClosed) stop();
  });
  process.stderr.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

/** Calls `stop` when nobody reads our output any more. */
export function onOutputClosed(stop: () => void): void {
  if (outputClosed) stop();
  else whenClosed.push(stop);
}

/** Standard output, buffered. */
export class Output {
  #text = '';

  line(text: string): void {
    this.#text += `${text}\n`;
    if (this.#text.length >= BUFFER_CHARACTERS) this.flush();
  }

  flush(): void {
    if (this.#text === '') return;
    if (!outputClosed) process.stdout.write(this.#text);
    this.#text = '';
  }
}

/** Columns of the terminal, or what COLUMNS says. */
export function outputWidth(): number {
  const columns = process.stdout.columns ?? Number(process.env.COLUMNS ?? '');
  return Number.isInteger(columns) && columns > 0 ? Math.max(LEAST_WIDTH, columns) : DEFAULT_WIDTH;
}

/** Colours by flag, then NO_COLOR (https://no-color.org) and FORCE_COLOR, then whether standard output is a terminal. */
export function chooseColours(flag: 'auto' | 'always' | 'never'): ChalkInstance {
  return new Chalk({ level: colourLevel(flag) });
}

function colourLevel(flag: 'auto' | 'always' | 'never'): ColorSupportLevel {
  if (flag === 'never') return 0;
  const terminal = supportsColor === false ? 0 : supportsColor.level;
  if (flag === 'always') return terminal === 0 ? 1 : terminal;
  if ((process.env.NO_COLOR ?? '') !== '') return 0;
  const forced = process.env.FORCE_COLOR;
  if (forced !== undefined) return forced === '0' || forced === 'false' ? 0 : terminal === 0 ? 1 : terminal;
  return process.stdout.isTTY === true ? terminal : 0;
}

/** ASCII stand-ins where the locale says that the terminal cannot show more. */
export function wantsAscii(): boolean {
  const locale = process.env.LC_ALL || process.env.LC_CTYPE || process.env.LANG || '';
  if (process.env.TERM === 'linux') return true;
  return locale !== '' && /^(C|POSIX)$/i.test(locale) && process.stdout.isTTY === true;
}

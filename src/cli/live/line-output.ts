import { isOutputClosed } from '../output.js';
import type { TextSink } from './text-sink.js';

/** Text gathered before it is written. */
const BUFFER_CHARACTERS = 32 * 1024;

/** Text that waits for its reader at most, bytes: a pager that is read page by page. */
export const MAX_WAITING_BYTES = 4 * 1024 * 1024;

/** Lines are written again when no more than this waits, so that they are not left out by twos and threes. */
const RESUME_BYTES = MAX_WAITING_BYTES / 2;

/**
 * Lines for a reader that may fall behind. Whoever captures cannot wait for it: the kernel would drop packets, and all that is told
 * from then on would be less certain. So lines are left out, and counted.
 */
export class LineOutput {
  readonly #sink: TextSink;
  readonly #tellLeftOut: (lines: number) => void;
  #text = '';
  #lines = 0;
  #leftOut = 0;

  /** @param tellLeftOut is told how many lines were left out when the reader reads again, and at the end. */
  constructor(sink: TextSink, tellLeftOut: (lines: number) => void) {
    this.#sink = sink;
    this.#tellLeftOut = tellLeftOut;
  }

  line(text: string): void {
    this.#text += `${text}\n`;
    this.#lines++;
    if (this.#text.length >= BUFFER_CHARACTERS) this.flush();
  }

  flush(): void {
    if (this.#text === '') return;
    const limit = this.#leftOut > 0 ? RESUME_BYTES : MAX_WAITING_BYTES;
    if (this.#sink.waiting > limit) this.#leftOut += this.#lines;
    else if (!isOutputClosed()) {
      this.#tell();
      this.#sink.write(this.#text);
    }
    this.#text = '';
    this.#lines = 0;
  }

  /** Text that is written however much waits: the table. */
  last(text: string): void {
    this.flush();
    if (!isOutputClosed()) this.#sink.write(text);
  }

  /** Tells what was left out, and waits until the reader has taken the rest. */
  async end(): Promise<void> {
    this.flush();
    this.#tell();
    await this.#sink.drained();
  }

  #tell(): void {
    if (this.#leftOut > 0) this.#tellLeftOut(this.#leftOut);
    this.#leftOut = 0;
  }
}

import { MAX_LINE_BYTES } from './limits.js';

const LF = 0x0a;

/** Takes lines out of spans of any size. A line is Latin-1 text without its end (\n or \r\n). */
export class LineReader {
  #text = '';
  #line: string | null = null;

  /** The line that the last take() completed, or null. */
  get line(): string | null {
    return this.#line;
  }

  /** A line has begun that is longer than any a server writes. */
  get isTooLong(): boolean {
    return this.#text.length > MAX_LINE_BYTES;
  }

  /** Reads bytes from index `from` on to the end of a line. @returns the index behind what was read. */
  take(bytes: Uint8Array, from: number): number {
    const lf = bytes.indexOf(LF, from);
    const end = lf < 0 ? bytes.length : lf;
    const room = Math.min(end, from + MAX_LINE_BYTES + 1);
    this.#text += String.fromCharCode(...bytes.subarray(from, room));
    this.#line = null;
    if (lf < 0 || this.isTooLong) return end;
    this.#line = this.#text.endsWith('\r') ? this.#text.slice(0, -1) : this.#text;
    this.#text = '';
    return lf + 1;
  }
}

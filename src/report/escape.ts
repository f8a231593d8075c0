import { displayWidth } from './width.js';

/**
 * The way of wire bytes to a terminal: printable UTF-8 stays, everything that could move the cursor, change the direction
 * of text or hide it becomes visible. A backslash is doubled, so the result is unambiguous.
 */

/** Controls (C0, C1), format characters (bidi, zero-width, soft hyphen, tags), lone surrogates, line and paragraph separators. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;
const PLAIN = /^[\x20-\x5b\x5d-\x7e]*$/;

const SHORT = new Map([
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\\', '\\\\'],
]);

function hexByte(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, '0')}`;
}

function escapeChar(char: string): string {
  const short = SHORT.get(char);
  if (short !== undefined) return short;
  const code = char.codePointAt(0)!;
  if (code < 0x20 || code === 0x7f) return hexByte(code);
  return UNSAFE.test(char) ? `\\u{${code.toString(16)}}` : char;
}

/** Collects pieces up to a number of columns; the last column then is `…`. */
class Limited {
  #text = '';
  #width = 0;
  #keep = 0;
  #full = false;
  constructor(readonly columns: number) {}

  /** False once no more fits. */
  add(piece: string): boolean {
    this.#text += piece;
    this.#width += displayWidth(piece);
    if (this.#width <= this.columns - 1) this.#keep = this.#text.length;
    // Combining marks take no column: without the second limit a cell could hold any number of them.
    this.#full = this.#width > this.columns || this.#text.length > this.columns * 8 + 64;
    return !this.#full;
  }

  toString(): string {
    if (!this.#full) return this.#text;
    return this.columns < 1 ? '' : `${this.#text.slice(0, this.#keep)}…`;
  }
}

/** Length of the valid UTF-8 sequence at `index`, 0 when there is none (Unicode table 3-7). */
function sequenceLength(bytes: Uint8Array, index: number): number {
  const lead = bytes[index]!;
  if (lead < 0x80) return 1;
  const length =
    lead >= 0xc2 && lead <= 0xdf
      ? 2
      : lead >= 0xe0 && lead <= 0xef
        ? 3
        : lead >= 0xf0 && lead <= 0xf4
          ? 4
          : 0;
  if (length === 0 || index + length > bytes.length) return 0;
  const second = bytes[index + 1]!;
  const lowest = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const highest = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  if (second < lowest || second > highest) return 0;
  for (let at = index + 2; at < index + length; at++) if ((bytes[at]! & 0xc0) !== 0x80) return 0;
  return length;
}

function escapeInto(out: Limited, bytes: Uint8Array, quoted: boolean): void {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let index = 0; index < bytes.length; ) {
    const length = sequenceLength(bytes, index);
    let piece: string;
    if (length === 0) piece = hexByte(bytes[index]!);
    else if (quoted && bytes[index] === 0x22) piece = '\\"';
    else piece = escapeChar(buffer.toString('utf8', index, index + length));
    if (!out.add(piece)) return;
    index += length || 1;
  }
}

/** Text of wire bytes that is safe on a terminal, at most `max` columns. Invalid UTF-8 becomes `\xNN`. */
export function escapeBytes(bytes: Uint8Array, max = Number.POSITIVE_INFINITY): string {
  if (bytes.length <= max) {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
    if (PLAIN.test(text)) return text;
  }
  const out = new Limited(max);
  escapeInto(out, bytes, false);
  return out.toString();
}

/** The same for text that came from the wire and was decoded already. */
export function escapeText(text: string, max = Number.POSITIVE_INFINITY): string {
  if (text.length <= max && PLAIN.test(text)) return text;
  const out = new Limited(max);
  for (const char of text) if (!out.add(escapeChar(char))) break;
  return out.toString();
}

/** One word of a command line: as `escapeBytes`, in double quotes when it is empty or holds a blank or a quote. */
export function quoteBytes(bytes: Uint8Array, max = Number.POSITIVE_INFINITY): string {
  const needed = bytes.length === 0 || bytes.includes(0x20) || bytes.includes(0x22) || bytes.includes(0x27);
  if (!needed) return escapeBytes(bytes, max);
  const out = new Limited(max - 2);
  escapeInto(out, bytes, true);
  return `"${out}"`;
}

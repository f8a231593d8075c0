const STAR = 0x2a;
const DOLLAR = 0x24;
const CR = 0x0d;
const LF = 0x0a;

/** Well-formed arguments after which a command is believed without looking for its end. */
const BELIEVABLE_ARGUMENTS = 16;

/** Longest name of a command at which a search would believe to have found one. */
const PLAUSIBLE_NAME_BYTES = 24;

/** Bytes in which a believable command shows its name; what is kept of a span's end to go on with. */
export const UNDECIDED_BYTES = 64;

/**
 * First index in bytes[from, to) that looks like the beginning of a command: a whole multibulk request that ends where the span
 * ends or where another one begins, or (one that does not fit the span) an array header, a bulk header and a word of letters.
 * -1 when there is none. A `*` alone proves nothing: values may hold RESP text.
 */
export function findCommand(bytes: Uint8Array, from: number, to: number): number {
  for (let at = from; at < to; at++) {
    if (bytes[at] !== STAR) continue;
    const end = commandEnd(bytes, at, to);
    if (end > 0 && (end === to || bytes[end] === STAR)) return at;
    if (end === 0 && hasPlausibleName(bytes, at, to)) return at;
  }
  return -1;
}

/** First index near the end of bytes[from, to) of what may yet turn out to begin a command, with more bytes; `to` when nothing may. */
export function findUndecided(bytes: Uint8Array, from: number, to: number): number {
  for (let at = Math.max(from, to - UNDECIDED_BYTES); at < to; at++)
    if (bytes[at] === STAR && commandEnd(bytes, at, to) === 0) return at;
  return to;
}

/** Index behind the request at `at`; 0 when the span ends inside it, or it is long and sound so far; -1 when it is none. */
function commandEnd(bytes: Uint8Array, at: number, to: number): number {
  let line = readNumber(bytes, at + 1, to);
  if (line.next <= 0) return line.next;
  const count = line.value;
  if (count === 0) return -1;
  let i = line.next;
  for (let n = 0; n < count; n++) {
    if (i >= to || n === BELIEVABLE_ARGUMENTS) return 0;
    if (bytes[i] !== DOLLAR) return -1;
    line = readNumber(bytes, i + 1, to);
    if (line.next <= 0) return line.next;
    const body = line.next;
    if (n === 0 && !isName(bytes, body, Math.min(body + line.value, to))) return -1;
    i = body + line.value;
    if (i < to && bytes[i] !== CR) return -1;
    if (i + 1 < to && bytes[i + 1] !== LF) return -1;
    i += 2;
    if (i > to) return 0;
  }
  return i;
}

const numberResult = { value: 0, next: 0 };

/** Decimal number and its CRLF at `at`: `next` is the index behind it, 0 when the span ends first, -1 when it is no number. */
function readNumber(bytes: Uint8Array, at: number, to: number): { value: number; next: number } {
  let value = 0;
  const from = at;
  while (at < to && bytes[at]! >= 0x30 && bytes[at]! <= 0x39 && at - from < 10)
    value = value * 10 + bytes[at++]! - 0x30;
  numberResult.value = value;
  if (at >= to) numberResult.next = 0;
  else if (at === from || bytes[at] !== CR) numberResult.next = -1;
  else if (at + 1 >= to) numberResult.next = 0;
  else numberResult.next = bytes[at + 1] === LF ? at + 2 : -1;
  return numberResult;
}

function hasPlausibleName(bytes: Uint8Array, at: number, to: number): boolean {
  const count = readNumber(bytes, at + 1, to);
  if (count.next <= 0 || bytes[count.next] !== DOLLAR) return false;
  const length = readNumber(bytes, count.next + 1, to);
  if (length.next <= 0 || length.value < 2 || length.next + length.value + 2 > to) return false;
  return isName(bytes, length.next, length.next + length.value);
}

/** Letters, as all names of replicated commands are (modules add dots and underscores). */
function isName(bytes: Uint8Array, from: number, to: number): boolean {
  if (to - from > PLAUSIBLE_NAME_BYTES) return false;
  for (let i = from; i < to; i++) {
    const byte = bytes[i]! | 0x20;
    if (
      (byte < 0x61 || byte > 0x7a) &&
      bytes[i] !== 0x2e &&
      bytes[i] !== 0x5f &&
      !(bytes[i]! >= 0x30 && bytes[i]! <= 0x39)
    )
      return false;
  }
  return true;
}

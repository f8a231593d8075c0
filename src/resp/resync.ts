const STAR = 0x2a;
const DOLLAR = 0x24;
const CR = 0x0d;
const LF = 0x0a;

/** Well-formed arguments after which a command is believed without looking for its end. */
const BELIEVABLE_ARGUMENTS = 16;

/** Longest name of a command at which a search would believe to have found one. */
const PLAUSIBLE_NAME_BYTES = 24;

/**
 * What is kept of a span's end where a command may begin: enough to show a name, and for most commands to lie in it whole until the next
 * span tells what follows.
 */
export const UNDECIDED_BYTES = 256;

/** What a place in a span is: the beginning of a command, none, or more bytes will tell. */
export const NO_COMMAND = 0;
export const UNDECIDED = 1;
export const COMMAND = 2;

/**
 * Index in bytes[from, to) of the first place that is no `NO_COMMAND`, -1 when there is none; `verdict.of` tells what it is. A `*` alone
 * proves nothing, nor does one whole command: values may hold RESP text. Believed are a whole command and the beginning of another one
 * behind it; one that fills its span; and, of a command that goes on in later spans, its header and name where a line begins.
 * `inline`: lines may stand between the arrays.
 */
export function findCommand(
  bytes: Uint8Array,
  from: number,
  to: number,
  inline: boolean,
): { readonly at: number; readonly verdict: number } {
  for (let at = from; at < to; at++) {
    if (bytes[at] !== STAR) continue;
    const verdict = judge(bytes, at, from, to, inline);
    if (verdict !== NO_COMMAND) return { at, verdict };
  }
  return { at: -1, verdict: NO_COMMAND };
}

function judge(bytes: Uint8Array, at: number, from: number, to: number, inline: boolean): number {
  const end = commandEnd(bytes, at, to);
  if (end < 0) return NO_COMMAND;
  if (end === 0) {
    if (!hasPlausibleName(bytes, at, to)) return UNDECIDED;
    return at === from || bytes[at - 1] === LF ? COMMAND : NO_COMMAND;
  }
  let next = end;
  while (next < to && bytes[next] === LF) next++; // keepalives
  if (next < to) {
    if (bytes[next] === STAR) return commandEnd(bytes, next, to) >= 0 ? COMMAND : NO_COMMAND;
    return inline && isNameByte(bytes[next]!) ? COMMAND : NO_COMMAND;
  }
  return at === from || to - at > UNDECIDED_BYTES ? COMMAND : UNDECIDED;
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

/** Letters, as all names of replicated commands are (modules add dots, underscores and digits). */
function isName(bytes: Uint8Array, from: number, to: number): boolean {
  if (to - from > PLAUSIBLE_NAME_BYTES) return false;
  for (let i = from; i < to; i++) if (!isNameByte(bytes[i]!)) return false;
  return true;
}

function isNameByte(byte: number): boolean {
  const folded = byte | 0x20;
  return (
    (folded >= 0x61 && folded <= 0x7a) || byte === 0x2e || byte === 0x5f || (byte >= 0x30 && byte <= 0x39)
  );
}

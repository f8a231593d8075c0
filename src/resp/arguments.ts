const STAR = 0x2a;
const DOLLAR = 0x24;
const CR = 0x0d;
const LF = 0x0a;

/** Where the arguments of one command lie, as index pairs into the bytes it was read from. */
export interface ArgumentList {
  /** start, end, start, end … of the arguments that are wholly there. */
  readonly ranges: number[];
  /** Arguments the command has, those not read included. */
  count: number;
}

/**
 * Finds the arguments of the request in bytes[from, to), multibulk or inline. Stops quietly at the first one that is not wholly
 * there (the kept part of a long command may end anywhere).
 */
export function readArguments(bytes: Uint8Array, from: number, to: number, most: number): ArgumentList {
  return bytes[from] === STAR ? multibulk(bytes, from, to, most) : inline(bytes, from, to, most);
}

function multibulk(bytes: Uint8Array, from: number, to: number, most: number): ArgumentList {
  const list: ArgumentList = { ranges: [], count: 0 };
  let at = from + 1;
  let number = 0;
  while (at < to && bytes[at] !== CR) number = number * 10 + (bytes[at++]! - 0x30);
  list.count = number;
  at += 2;
  while (list.ranges.length < most * 2 && list.ranges.length < number * 2) {
    if (at >= to || bytes[at] !== DOLLAR) break;
    at++;
    let length = 0;
    while (at < to && bytes[at] !== CR) length = length * 10 + (bytes[at++]! - 0x30);
    at += 2;
    if (at + length > to) break;
    list.ranges.push(at, at + length);
    at += length + 2;
  }
  return list;
}

/** Words between blanks; quotes are kept as they are (no server quotes what it sends, and secrets are not shown anyway). */
function inline(bytes: Uint8Array, from: number, to: number, most: number): ArgumentList {
  const list: ArgumentList = { ranges: [], count: 0 };
  let at = from;
  while (at < to) {
    while (at < to && isBlank(bytes[at]!)) at++;
    if (at >= to) break;
    const start = at;
    while (at < to && !isBlank(bytes[at]!)) at++;
    list.count++;
    if (list.count <= most) list.ranges.push(start, at);
  }
  return list;
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x09 || byte === CR || byte === LF;
}

/** Argument i as ASCII text (bytes above 0x7f become Latin-1), or null when it was not kept. At most `most` characters. */
export function argumentText(bytes: Uint8Array, list: ArgumentList, i: number, most = 256): string | null {
  const start = list.ranges[i * 2];
  const end = list.ranges[i * 2 + 1];
  if (start === undefined || end === undefined) return null;
  let text = '';
  for (let at = start; at < end && text.length < most; at++) text += String.fromCharCode(bytes[at]!);
  return text;
}

import { ByteWriter } from './byte-writer.js';
import { parseInt64 } from './numbers.js';

/** An entry of a ziplist or listpack: text that is an integer goes as one. */
export type PackedEntry = string | bigint;

/** Entries from this number on are not counted in the header: readers walk. */
const UNCOUNTED = 65535;
const END = 0xff;
const LISTPACK_HEADER = 6;
const ZIPLIST_HEADER = 10;
/** Integers of 64 bits have at most so many characters. */
const INTEGER_CHARACTERS = 20;

function integerOf(entry: PackedEntry): bigint | null {
  if (typeof entry === 'bigint') return entry;
  return entry.length <= INTEGER_CHARACTERS ? parseInt64(entry) : null;
}

function fits(value: bigint, bytes: number): boolean {
  return BigInt.asIntN(8 * bytes, value) === value;
}

/** The entries as a listpack (rdb-format.md 8.2). */
export function listpack(entries: readonly PackedEntry[]): Uint8Array {
  const body = new ByteWriter();
  for (const entry of entries) {
    const from = body.length;
    const value = integerOf(entry);
    if (value === null) listpackString(body, entry as string);
    else listpackInteger(body, value);
    backwardLength(body, body.length - from);
  }
  const whole = new ByteWriter();
  whole.integerLE(LISTPACK_HEADER + body.length + 1, 4);
  whole.integerLE(Math.min(entries.length, UNCOUNTED), 2);
  whole.raw(body.bytes());
  whole.byte(END);
  return whole.bytes();
}

function listpackString(out: ByteWriter, text: string): void {
  const { length } = text;
  if (length < 64) out.byte(0x80 | length);
  else if (length < 4096) {
    out.byte(0xe0 | (length >> 8));
    out.byte(length & 0xff);
  } else {
    out.byte(0xf0);
    out.integerLE(length, 4);
  }
  out.text(text);
}

const LISTPACK_INTEGERS = [
  { lead: 0xf1, size: 2 },
  { lead: 0xf2, size: 3 },
  { lead: 0xf3, size: 4 },
  { lead: 0xf4, size: 8 },
];

function listpackInteger(out: ByteWriter, value: bigint): void {
  if (value >= 0n && value < 128n) out.byte(Number(value));
  else if (BigInt.asIntN(13, value) === value) {
    const bits = Number(BigInt.asUintN(13, value));
    out.byte(0xc0 | (bits >> 8));
    out.byte(bits & 0xff);
  } else {
    const { lead, size } = LISTPACK_INTEGERS.find((form) => fits(value, form.size))!;
    out.byte(lead);
    out.integerLE(value, size);
  }
}

/** An entry's size behind it, for readers that go backwards: groups of 7 bits, the high ones first. */
function backwardLength(out: ByteWriter, size: number): void {
  const groups = [size & 127];
  // The limits are a server's own: one below what the groups could hold, from the second on.
  const limits = [127, 16382, 2097150, 268435454];
  for (let i = 0; i < limits.length && size > limits[i]!; i++) {
    groups.unshift(Math.floor(size / 2 ** (7 * (i + 1))) & 127);
  }
  groups.forEach((group, i) => {
    out.byte(i === 0 ? group : group | 128);
  });
}

const ZIPLIST_INTEGERS = [
  { lead: 0xfe, size: 1 },
  { lead: 0xc0, size: 2 },
  { lead: 0xf0, size: 3 },
  { lead: 0xd0, size: 4 },
  { lead: 0xe0, size: 8 },
];

/** The entries as a ziplist (rdb-format.md 8.1). */
export function ziplist(entries: readonly PackedEntry[]): Uint8Array {
  const body = new ByteWriter();
  let last = 0;
  let previous = 0;
  for (const entry of entries) {
    const from = body.length;
    if (previous < 254) body.byte(previous);
    else {
      body.byte(254);
      body.integerLE(previous, 4);
    }
    ziplistEntry(body, entry);
    last = from;
    previous = body.length - from;
  }
  const whole = new ByteWriter();
  whole.integerLE(ZIPLIST_HEADER + body.length + 1, 4);
  whole.integerLE(ZIPLIST_HEADER + last, 4);
  whole.integerLE(Math.min(entries.length, UNCOUNTED), 2);
  whole.raw(body.bytes());
  whole.byte(END);
  return whole.bytes();
}

function ziplistEntry(out: ByteWriter, entry: PackedEntry): void {
  const value = integerOf(entry);
  if (value !== null) {
    if (value >= 0n && value <= 12n) {
      out.byte(0xf1 + Number(value));
      return;
    }
    const { lead, size } = ZIPLIST_INTEGERS.find((form) => fits(value, form.size))!;
    out.byte(lead);
    out.integerLE(value, size);
    return;
  }
  const text = entry as string;
  if (text.length < 1 << 6) out.byte(text.length);
  else if (text.length < 1 << 14) {
    out.byte(0x40 | (text.length >> 8));
    out.byte(text.length & 0xff);
  } else {
    out.byte(0x80);
    out.uint32BE(text.length);
  }
  out.text(text);
}

/** The integers as an intset (rdb-format.md 8.3). */
export function intset(values: readonly bigint[]): Uint8Array {
  const sorted = [...values].sort((a, b) => (a < b ? -1 : 1));
  const size = [2, 4, 8].find((bytes) => values.every((value) => fits(value, bytes)))!;
  const out = new ByteWriter();
  out.integerLE(size, 4);
  out.integerLE(sorted.length, 4);
  for (const value of sorted) out.integerLE(value, size);
  return out.bytes();
}

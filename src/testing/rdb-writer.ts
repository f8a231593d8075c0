/**
 * Writes RDB payloads for tests (facts: rdb-format.md of the design notes). Shares no code with the decoder, its CRC included, so
 * that one cannot hide a mistake of the other.
 */

export type Text = string | Uint8Array;

/** How a string is written; auto: integers as such, all else raw. */
export type StringForm = 'auto' | 'raw' | 'lzf';

const encoder = new TextEncoder();

export function toBytes(text: Text): Uint8Array {
  return typeof text === 'string' ? encoder.encode(text) : text;
}

export function concat(...parts: (Uint8Array | number[])[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Integer of `size` bytes, little endian unless told. */
export function integer(value: number | bigint, size: number, bigEndian = false): Uint8Array {
  const out = new Uint8Array(size);
  for (let i = 0; i < size; i++) {
    out[bigEndian ? size - 1 - i : i] = Number((BigInt(value) >> BigInt(8 * i)) & 0xffn);
  }
  return out;
}

export function double(value: number): Uint8Array {
  return new Uint8Array(new Float64Array([value]).buffer);
}

/** A stream id as 16 big-endian bytes. */
export function streamId(ms: number | bigint, seq: number | bigint): Uint8Array {
  return concat(integer(ms, 8, true), integer(seq, 8, true));
}

/** A length in its shortest form, or in the one of so many bytes. */
export function length(value: number | bigint, size = 0): Uint8Array {
  if (size === 1 || (size === 0 && value < 64)) return Uint8Array.of(Number(value));
  if (size === 2 || (size === 0 && value < 16384)) {
    return Uint8Array.of(0x40 | (Number(value) >> 8), Number(value) & 0xff);
  }
  if (size === 5 || (size === 0 && value <= 0xffff_ffff)) {
    return concat([0x80], integer(value, 4, true));
  }
  return concat([0x81], integer(value, 8, true));
}

export function string(text: Text, form: StringForm = 'auto'): Uint8Array {
  const bytes = toBytes(text);
  if (form === 'lzf') {
    const packed = compress(bytes);
    return concat([0xc3], length(packed.length), length(bytes.length), packed);
  }
  if (form === 'auto' && typeof text === 'string' && /^(0|-?[1-9]\d{0,9})$/.test(text)) {
    const value = Number(text);
    if (value >= -128 && value < 128) return concat([0xc0], integer(value, 1));
    if (value >= -32768 && value < 32768) return concat([0xc1], integer(value, 2));
    if (value >= -2147483648 && value < 2147483648) return concat([0xc2], integer(value, 4));
  }
  return concat(length(bytes.length), bytes);
}

/** LZF: greedy, a table of the last place of each three bytes. */
export function compress(bytes: Uint8Array): Uint8Array {
  const out: number[] = [];
  const places = new Map<number, number>();
  let literals: number[] = [];
  const flush = () => {
    for (let i = 0; i < literals.length; i += 32) {
      const run = literals.slice(i, i + 32);
      out.push(run.length - 1, ...run);
    }
    literals = [];
  };
  let at = 0;
  while (at < bytes.length) {
    const key = at + 2 < bytes.length ? (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]! : -1;
    const place = key < 0 ? undefined : places.get(key);
    if (key >= 0) places.set(key, at);
    if (place === undefined || at - place > 8192) {
      literals.push(bytes[at++]!);
      continue;
    }
    let run = 3;
    while (run < 264 && at + run < bytes.length && bytes[place + run] === bytes[at + run]) run++;
    flush();
    const distance = at - place - 1;
    if (run - 2 < 7) out.push(((run - 2) << 5) | (distance >> 8), distance & 0xff);
    else out.push((7 << 5) | (distance >> 8), run - 9, distance & 0xff);
    at += run;
  }
  flush();
  return Uint8Array.from(out);
}

/** Entry of a listpack or ziplist: bigint and number as integers, text as a string. */
export type Entry = Text | number | bigint;

function listpackEntry(entry: Entry): Uint8Array {
  let body: Uint8Array;
  if (typeof entry === 'number' || typeof entry === 'bigint') {
    const value = BigInt(entry);
    if (value >= 0n && value < 128n) body = integer(value, 1);
    else if (value >= -4096n && value < 4096n) {
      const bits = Number(value & 0x1fffn);
      body = Uint8Array.of(0xc0 | (bits >> 8), bits & 0xff);
    } else {
      const size = [2, 3, 4, 8].find((each) => fits(value, each))!;
      body = concat([0xf1 + [2, 3, 4, 8].indexOf(size)], integer(value, size));
    }
  } else {
    const bytes = toBytes(entry);
    if (bytes.length < 64) body = concat([0x80 | bytes.length], bytes);
    else if (bytes.length < 4096) {
      body = concat([0xe0 | (bytes.length >> 8), bytes.length & 0xff], bytes);
    } else body = concat([0xf0], integer(bytes.length, 4), bytes);
  }
  let back: number[];
  if (body.length < 128) back = [body.length];
  else if (body.length < 16383) back = [body.length >> 7, (body.length & 127) | 128];
  else back = [body.length >> 14, ((body.length >> 7) & 127) | 128, (body.length & 127) | 128];
  return concat(body, back);
}

function fits(value: bigint, size: number): boolean {
  return BigInt.asIntN(8 * size, value) === value;
}

export function listpack(entries: Entry[], count = entries.length): Uint8Array {
  const body = concat(...entries.map(listpackEntry));
  return concat(integer(body.length + 7, 4), integer(count, 2), body, [0xff]);
}

function ziplistEntry(entry: Entry): Uint8Array {
  if (typeof entry === 'number' || typeof entry === 'bigint') {
    const value = BigInt(entry);
    if (value >= 0n && value <= 12n) return Uint8Array.of(0xf1 + Number(value));
    const size = [1, 2, 3, 4, 8].find((each) => fits(value, each))!;
    return concat([[0xfe, 0xc0, 0xf0, 0xd0, 0xe0][[1, 2, 3, 4, 8].indexOf(size)]!], integer(value, size));
  }
  const bytes = toBytes(entry);
  if (bytes.length < 64) return concat([bytes.length], bytes);
  if (bytes.length < 16384) return concat([0x40 | (bytes.length >> 8), bytes.length & 0xff], bytes);
  return concat([0x80], integer(bytes.length, 4, true), bytes);
}

export function ziplist(entries: Entry[], count = entries.length): Uint8Array {
  const parts: Uint8Array[] = [];
  let previous = 0;
  let last = 10;
  let at = 10;
  for (const entry of entries) {
    const prefix = previous < 254 ? Uint8Array.of(previous) : concat([0xfe], integer(previous, 4));
    const part = concat(prefix, ziplistEntry(entry));
    last = at;
    at += part.length;
    previous = part.length;
    parts.push(part);
  }
  return concat(integer(at + 1, 4), integer(last, 4), integer(count, 2), ...parts, [0xff]);
}

export function intset(values: (number | bigint)[], width: 2 | 4 | 8): Uint8Array {
  return concat(
    integer(width, 4),
    integer(values.length, 4),
    ...values.map((value) => integer(value, width)),
  );
}

/** Field, value, field, value …; every value with `unused` bytes behind it. */
export function zipmap(entries: Text[], unused = 0, count = entries.length / 2): Uint8Array {
  const parts = entries.map((entry, index) => {
    const bytes = toBytes(entry);
    const size = bytes.length < 254 ? Uint8Array.of(bytes.length) : concat([254], integer(bytes.length, 4));
    return index % 2 === 0 ? concat(size, bytes) : concat(size, [unused], bytes, new Uint8Array(unused));
  });
  return concat([count], ...parts, [0xff]);
}

export interface StreamEntry {
  delta: [number, number];
  /** Field, value …; with `same` the values only. */
  fields: Entry[];
  same?: boolean;
  deleted?: boolean;
}

/** The listpack of a stream node. */
export function streamNode(names: Entry[], entries: StreamEntry[]): Uint8Array {
  const deleted = entries.filter((entry) => entry.deleted).length;
  const all: Entry[] = [entries.length - deleted, deleted, names.length, ...names, 0];
  for (const { delta, fields, same, deleted: gone } of entries) {
    const flags = (same ? 2 : 0) | (gone ? 1 : 0);
    all.push(flags, ...delta);
    if (!same) all.push(fields.length / 2);
    all.push(...fields, fields.length + (same ? 3 : 4));
  }
  return listpack(all);
}

/** One payload, record by record. */
export class RdbWriter {
  readonly #parts: Uint8Array[] = [];
  readonly #version: number;

  constructor(version: number, magic: 'REDIS' | 'VALKEY' = 'REDIS') {
    this.#version = version;
    this.raw(encoder.encode(magic + String(version).padStart(magic === 'REDIS' ? 4 : 3, '0')));
  }

  raw(...parts: (Uint8Array | number[])[]): this {
    this.#parts.push(concat(...parts));
    return this;
  }

  aux(key: Text, value: Text): this {
    return this.raw([0xfa], string(key), string(value));
  }

  selectDb(db: number): this {
    return this.raw([0xfe], length(db));
  }

  resizeDb(keys: number, expires: number): this {
    return this.raw([0xfb], length(keys), length(expires));
  }

  expireMs(ms: number): this {
    return this.raw([0xfc], integer(ms, 8));
  }

  /** A key record: type byte, key, the value's parts. */
  key(type: number, key: Text, ...value: (Uint8Array | number[])[]): this {
    return this.raw([type], string(key), ...value);
  }

  /** The payload with EOF opcode and, from version 5 on, checksum. */
  end(checksum: 'crc' | 'zero' | 'wrong' = 'crc'): Uint8Array {
    const body = concat(...this.#parts, [0xff]);
    if (this.#version < 5) return body;
    if (checksum === 'zero') return concat(body, new Uint8Array(8));
    const crc = crc64(body);
    return concat(body, integer(checksum === 'crc' ? crc : crc ^ 1n, 8));
  }
}

/** CRC-64 bit by bit: slow and plain. */
function crc64(bytes: Uint8Array): bigint {
  let crc = 0n;
  for (const byte of bytes) {
    crc ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1n) !== 0n ? (crc >> 1n) ^ 0x95ac9329ac4bc9b5n : crc >> 1n;
  }
  return crc;
}

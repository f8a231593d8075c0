import { RdbFormatError } from './errors.js';
import { int64, int64Number, signed, uint16, uint32 } from './little-endian.js';
import { latin1, writeAscii } from './text.js';

/** Packed containers: a whole value (or list node) in one string. */
export type PackedKind = 'intset' | 'ziplist' | 'listpack' | 'zipmap';

const NO_BYTES = new Uint8Array(0);
const HEADER_BYTES = { intset: 8, ziplist: 10, listpack: 6, zipmap: 1 };
/** An empty container: header and end byte. */
const LEAST_BYTES = { intset: 8, ziplist: 11, listpack: 7, zipmap: 2 };
/** The counter of a ziplist or listpack that has more entries than it can tell. */
const UNKNOWN_COUNT = 0xffff;
const UNKNOWN_ZIPMAP_COUNT = 254;

/**
 * Entries a packed container announces (a zipmap: field and value count as one), from its first bytes.
 *
 * @param bytes its first bytes from `at` on: 10, or as many as it has
 * @param size bytes of the whole container
 * @returns the count, or -1 when only a walk would tell
 * @throws RdbFormatError when the header does not fit the size
 */
export function packedCount(kind: PackedKind, bytes: Uint8Array, at: number, size: number): number {
  if (size < LEAST_BYTES[kind]) throw new RdbFormatError(`${kind} of ${size} bytes`);
  if (kind === 'zipmap') {
    const count = bytes[at]!;
    return count >= UNKNOWN_ZIPMAP_COUNT ? -1 : count;
  }
  if (kind === 'intset') {
    const width = uint32(bytes, at);
    const count = uint32(bytes, at + 4);
    if (width !== 2 && width !== 4 && width !== 8) throw new RdbFormatError(`intset of width ${width}`);
    if (HEADER_BYTES.intset + width * count !== size) {
      throw new RdbFormatError(`intset of ${count} times ${width} bytes in a string of ${size}`);
    }
    return count;
  }
  const total = uint32(bytes, at);
  if (total !== size) throw new RdbFormatError(`${kind} of ${total} bytes in a string of ${size}`);
  if (kind === 'ziplist') {
    const last = uint32(bytes, at + 4);
    if (last < HEADER_BYTES.ziplist || last >= size) throw new RdbFormatError('ziplist: last entry outside');
  }
  const count = uint16(bytes, at + (kind === 'ziplist' ? 8 : 4));
  return count === UNKNOWN_COUNT ? -1 : count;
}

/** Bytes before the first entry. */
export function packedHeaderBytes(kind: PackedKind): number {
  return HEADER_BYTES[kind];
}

/**
 * Walks the entries of one packed container and checks every one: the base of the four formats. The entry is bytes[from, to),
 * integers as their decimal text; borrowed until the next call.
 */
export abstract class PackedCursor {
  bytes: Uint8Array = NO_BYTES;
  from = 0;
  to = 0;
  /** The entry when it is stored as an integer, else null. */
  integer: number | bigint | null = null;

  protected blob: Uint8Array = NO_BYTES;
  /** The container is blob[start, end). */
  protected start = 0;
  protected end = 0;
  protected at = 0;
  protected seen = 0;
  /** Entries its header announces, or -1. */
  protected announced = -1;
  readonly #digits = new Uint8Array(24);

  readonly kind: PackedKind;

  constructor(kind: PackedKind) {
    this.kind = kind;
  }

  /** Begin with the container blob[start, end). */
  open(blob: Uint8Array, start: number, end: number): void {
    this.announced = packedCount(this.kind, blob, start, end - start);
    this.blob = blob;
    this.start = start;
    this.end = end;
    this.at = start + HEADER_BYTES[this.kind];
    this.seen = 0;
  }

  /** Entries walked so far (of a zipmap: fields). */
  get count(): number {
    return this.seen;
  }

  /** Let go of the container. */
  close(): void {
    this.blob = NO_BYTES;
    this.bytes = NO_BYTES;
  }

  /** Offset of the cursor inside the container. */
  get offset(): number {
    return this.at - this.start;
  }

  /** The next entry; false behind the last. */
  abstract next(): boolean;

  /** The entry as text. */
  text(): string {
    return latin1(this.bytes, this.from, this.to);
  }

  /** The entry as an integer. */
  requireInteger(): bigint {
    if (this.integer !== null) return BigInt(this.integer);
    const text = this.to - this.from <= 20 ? this.text() : '';
    if (!/^-?\d+$/.test(text)) throw this.fault('a number is required');
    return BigInt(text);
  }

  fault(problem: string): RdbFormatError {
    return new RdbFormatError(`${this.kind} at ${this.offset}: ${problem}`);
  }

  protected setBytes(from: number, to: number): void {
    this.bytes = this.blob;
    this.from = from;
    this.to = to;
    this.integer = null;
  }

  protected setInteger(value: number | bigint): void {
    this.integer = value;
    this.bytes = this.#digits;
    this.from = 0;
    this.to = writeAscii(String(value), this.#digits);
  }

  protected setSigned(at: number, size: number): void {
    if (size < 8) this.setInteger(signed(this.blob, at, size));
    else {
      const value = int64Number(this.blob, at);
      this.setInteger(Number.isSafeInteger(value) ? value : int64(this.blob, at));
    }
  }

  /** What every walk ends with: the end byte is the last of the container, and the count was right. */
  protected finish(): false {
    if (this.at !== this.end - 1) throw this.fault('ends before its string does');
    if (this.announced >= 0 && this.seen !== this.announced) {
      throw this.fault(`${this.seen} entries where ${this.announced} are announced`);
    }
    return false;
  }
}

import { RdbFormatError } from './errors.js';
import { KEPT_BUFFER_BYTES, MAX_LENGTH, MAX_LZF_RATIO } from './limits.js';

/** Forms of a string on the wire (rdb-format.md 4). */
export const RAW = 0;
export const INTEGER = 1;
export const LZF = 2;

// Where a string is: before its lead, before the two lengths of the LZF form, inside the body.
const LEAD = 0;
const COMPRESSED_LENGTH = 1;
const INFLATED_LENGTH = 2;
const BODY = 3;

/** Longest token that `fill` joins: an ASCII score of 252 bytes. */
const SCRATCH_BYTES = 256;
const FIRST_BUFFER_BYTES = 256;
const NO_BYTES = new Uint8Array(0);

/**
 * The tokens of an RDB payload out of byte spans of any size. Each method returns false when the span ends inside its token; it is
 * then called again with the next span and goes on where it was. Every byte is taken once, so `position` is exact at all times.
 * Methods throw RdbFormatError on a token that no server writes.
 */
export class TokenReader {
  /** Payload position of the token read last. */
  tokenAt = 0;

  /** After fill(): the bytes are chunk[chunkAt, chunkAt + n), borrowed until the next call. */
  chunk: Uint8Array = NO_BYTES;
  chunkAt = 0;

  /** After length(): its value (inexact above 2^53, see `wide`), or the special string encoding behind it, else -1. */
  value = 0;
  special = -1;

  /** After stringHeader(): RAW, INTEGER or LZF, bytes of the body on the wire, and bytes it stands for (INTEGER: 0). */
  form = RAW;
  wire = 0;
  size = 0;

  /** After capture(): the body (its first bytes) is view[viewFrom, viewTo), borrowed until the next call. */
  view: Uint8Array = NO_BYTES;
  viewFrom = 0;
  viewTo = 0;

  #bytes: Uint8Array = NO_BYTES;
  #at = 0;
  #end = 0;
  /** Payload position of index 0 of the span. */
  #origin = 0;
  #scratch = new Uint8Array(SCRATCH_BYTES);
  #filled = 0;
  #lead = -1;
  #high = 0;
  #low = 0;
  #stringState = LEAD;
  #stringAt = 0;
  /** Bytes of the body still to come, and how many of it are in #buffer. */
  #left = 0;
  #captured = 0;
  #buffer: Uint8Array = NO_BYTES;

  /** Go on with bytes[start, end). */
  begin(bytes: Uint8Array, start: number, end: number): void {
    this.#origin += this.#at - start;
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  /** Let go of the span: its bytes are the caller's again. */
  release(): void {
    this.#origin += this.#at;
    this.#bytes = NO_BYTES;
    this.#at = 0;
    this.#end = 0;
    this.chunk = NO_BYTES;
    this.view = NO_BYTES;
  }

  /** Payload position of the next byte. */
  get position(): number {
    return this.#origin + this.#at;
  }

  /** Index of the next byte in the span. */
  get index(): number {
    return this.#at;
  }

  /** The next byte, or -1 at the end of the span. */
  byte(): number {
    if (this.#at === this.#end) return -1;
    this.tokenAt = this.#origin + this.#at;
    return this.#bytes[this.#at++]!;
  }

  /** `n` contiguous bytes (at most 256), in `chunk`. */
  fill(n: number): boolean {
    const at = this.#at;
    if (this.#filled === 0) {
      if (this.#end - at >= n) {
        this.chunk = this.#bytes;
        this.chunkAt = at;
        this.#at = at + n;
        return true;
      }
      this.tokenAt = this.#origin + at;
    }
    const take = Math.min(n - this.#filled, this.#end - at);
    for (let i = 0; i < take; i++) this.#scratch[this.#filled + i] = this.#bytes[at + i]!;
    this.#at = at + take;
    this.#filled += take;
    if (this.#filled < n) return false;
    this.#filled = 0;
    this.chunk = this.#scratch;
    this.chunkAt = 0;
    return true;
  }

  /** A length or a special string encoding (rdb-format.md 3), in `value` and `special`. */
  length(): boolean {
    let lead = this.#lead;
    if (lead < 0) {
      if (this.#at === this.#end) return false;
      this.tokenAt = this.#origin + this.#at;
      lead = this.#bytes[this.#at++]!;
      this.special = -1;
      if (lead < 0x40) {
        this.value = lead;
        return true;
      }
      if (lead >= 0xc0) {
        this.special = lead & 0x3f;
        return true;
      }
      if (lead > 0x81) throw new RdbFormatError(`length byte 0x${lead.toString(16)}`, this.tokenAt);
      this.#lead = lead;
    }
    const at = this.tokenAt;
    const done = this.fill(lead < 0x80 ? 1 : lead === 0x80 ? 4 : 8);
    this.tokenAt = at;
    if (!done) return false;
    this.#lead = -1;
    if (lead < 0x80) {
      this.value = ((lead & 0x3f) << 8) | this.chunk[this.chunkAt]!;
    } else if (lead === 0x80) {
      this.value = uint32BE(this.chunk, this.chunkAt);
    } else {
      this.#high = uint32BE(this.chunk, this.chunkAt);
      this.#low = uint32BE(this.chunk, this.chunkAt + 4);
      this.value = this.#high * 0x1_0000_0000 + this.#low;
    }
    return true;
  }

  /** A length that is a plain number of any 64 bits: `value`, exact as `wide()`. */
  number(): boolean {
    if (!this.length()) return false;
    if (this.special >= 0) {
      throw new RdbFormatError('special string encoding where a plain length is required', this.tokenAt);
    }
    return true;
  }

  /** A length that counts something: `value`, exact. */
  count(): boolean {
    if (!this.number()) return false;
    if (this.value > MAX_LENGTH) throw new RdbFormatError('length above 2^53', this.tokenAt);
    return true;
  }

  /** All 64 bits of the number read last. */
  wide(): bigint {
    return this.value <= MAX_LENGTH ? BigInt(this.value) : (BigInt(this.#high) << 32n) | BigInt(this.#low);
  }

  /** What stands before the body of a string: `form`, `wire` and `size`. True again until its body was taken. */
  stringHeader(): boolean {
    if (this.#stringState === BODY) return true;
    if (this.#stringState === LEAD) {
      if (!this.length()) return false;
      this.#stringAt = this.tokenAt;
      if (this.special < 0) {
        if (this.value > MAX_LENGTH) throw new RdbFormatError('length above 2^53', this.tokenAt);
        this.form = RAW;
        this.wire = this.value;
        this.size = this.value;
        this.#left = this.value;
        this.#stringState = BODY;
        return true;
      }
      if (this.special < 3) {
        this.form = INTEGER;
        this.wire = 1 << this.special;
        this.size = 0;
        this.#left = this.wire;
        this.#stringState = BODY;
        return true;
      }
      if (this.special > 3) {
        throw new RdbFormatError(`unknown string encoding ${this.special}`, this.tokenAt);
      }
      this.#stringState = COMPRESSED_LENGTH;
    }
    if (this.#stringState === COMPRESSED_LENGTH) {
      if (!this.count()) return false;
      this.wire = this.value;
      this.#stringState = INFLATED_LENGTH;
    }
    if (!this.count()) return false;
    if (this.value > this.wire * MAX_LZF_RATIO) {
      throw new RdbFormatError('LZF: longer than its input can yield', this.tokenAt);
    }
    this.form = LZF;
    this.size = this.value;
    this.#left = this.wire;
    this.#stringState = BODY;
    this.tokenAt = this.#stringAt;
    return true;
  }

  /** A string nobody wants: skipped by its length. */
  skipString(): boolean {
    if (!this.stringHeader()) return false;
    const there = this.#end - this.#at;
    if (this.#left > there) {
      this.#left -= there;
      this.#at = this.#end;
      return false;
    }
    this.#at += this.#left;
    this.#stringState = LEAD;
    return true;
  }

  /** The body of the string whose header was read: its first `limit` bytes come into `view`, the rest is skipped. */
  capture(limit: number): boolean {
    const keep = Math.min(this.wire, limit);
    const there = this.#end - this.#at;
    if (this.#left === this.wire && this.wire <= there) {
      this.view = this.#bytes;
      this.viewFrom = this.#at;
      this.viewTo = this.#at + keep;
      this.#at += this.wire;
      this.#stringState = LEAD;
      return true;
    }
    this.#keep(Math.min(keep - this.#captured, there));
    const rest = Math.min(this.#left, this.#captured < keep ? 0 : this.#end - this.#at);
    this.#at += rest;
    this.#left -= rest;
    if (this.#left > 0) return false;
    this.view = this.#buffer;
    this.viewFrom = 0;
    this.viewTo = keep;
    if (this.#buffer.length > KEPT_BUFFER_BYTES) this.#buffer = NO_BYTES;
    this.#captured = 0;
    this.#stringState = LEAD;
    return true;
  }

  /** Grows with what came, never with what was announced. */
  #keep(take: number): void {
    if (take <= 0) return;
    const needed = this.#captured + take;
    if (needed > this.#buffer.length) {
      const grown = new Uint8Array(Math.max(FIRST_BUFFER_BYTES, needed, 2 * this.#captured));
      grown.set(this.#buffer.subarray(0, this.#captured));
      this.#buffer = grown;
    }
    this.#buffer.set(this.#bytes.subarray(this.#at, this.#at + take), this.#captured);
    this.#captured = needed;
    this.#at += take;
    this.#left -= take;
  }
}

function uint32BE(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

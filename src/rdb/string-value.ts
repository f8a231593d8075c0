import { RdbFormatError } from './errors.js';
import { KEPT_BUFFER_BYTES } from './limits.js';
import { signed } from './little-endian.js';
import { inflate } from './lzf.js';
import { INTEGER, LZF, type TokenReader } from './reader.js';
import { copyOf, latin1, writeAscii } from './text.js';

const NO_BYTES = new Uint8Array(0);

/**
 * What a string on the wire stands for: the raw bytes, the decimal text of an integer form, the inflated bytes of an LZF form. Its
 * bytes are bytes[from, to), borrowed until the next string is read.
 */
export class StringValue {
  bytes: Uint8Array = NO_BYTES;
  from = 0;
  to = 0;
  /** Bytes of the whole value; more than to - from when it was cut. */
  length = 0;
  /** Payload position of the body's first byte when bytes[from] is that very byte, else null. */
  position: number | null = null;

  readonly #digits = new Uint8Array(12);
  #inflated: Uint8Array = NO_BYTES;

  get cut(): boolean {
    return this.length > this.to - this.from;
  }

  /** A copy that outlives the call. */
  copy(): Uint8Array {
    return copyOf(this.bytes, this.from, this.to);
  }

  view(): Uint8Array {
    return this.bytes.subarray(this.from, this.to);
  }

  text(): string {
    return latin1(this.bytes, this.from, this.to);
  }

  /** Reads the string at the reader's place, at most `limit` bytes of its value. False: the span has ended inside it. */
  read(reader: TokenReader, limit: number): boolean {
    if (!reader.stringHeader()) return false;
    // Two bytes of an LZF body yield at least one, so that many are enough to cut the value at the same place as a raw one.
    if (!reader.capture(reader.form === LZF ? 2 * limit + 3 : Math.max(limit, 4))) return false;
    const { view, viewFrom, viewTo } = reader;
    if (reader.form === INTEGER) {
      this.bytes = this.#digits;
      this.from = 0;
      this.to = writeAscii(String(signed(view, viewFrom, viewTo - viewFrom)), this.#digits);
      this.length = this.to;
      this.position = null;
    } else if (reader.form === LZF) {
      this.#inflate(reader, Math.min(reader.size, limit));
    } else {
      this.bytes = view;
      this.from = viewFrom;
      this.to = Math.min(viewTo, viewFrom + limit);
      this.length = reader.size;
      this.position = reader.position - reader.wire;
    }
    return true;
  }

  #inflate(reader: TokenReader, size: number): void {
    const { view, viewFrom, viewTo } = reader;
    const whole = size === reader.size && viewTo - viewFrom === reader.wire;
    let out = this.#inflated;
    if (size > out.length) out = new Uint8Array(size);
    this.bytes = out;
    this.from = 0;
    this.length = reader.size;
    this.position = null;
    try {
      this.to = inflate(view, viewFrom, viewTo, out, size, !whole);
    } catch (error) {
      if (!(error instanceof RdbFormatError)) throw error;
      throw new RdbFormatError(error.message, reader.position - reader.wire);
    }
    this.#inflated = out.length > KEPT_BUFFER_BYTES ? NO_BYTES : out;
  }
}

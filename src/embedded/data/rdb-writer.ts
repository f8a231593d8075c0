import { ByteWriter } from './byte-writer.js';
import { toBytes } from './bytes.js';
import { compress } from './lzf-compress.js';
import { parseInt64 } from './numbers.js';

/** Strings up to this length are never compressed (rdb-format.md 4). */
const COMPRESSION_THRESHOLD = 20;
/** Integers have at most so many characters (-2147483648). */
const INTEGER_CHARACTERS = 11;
const INTEGER_FORMS = [
  { lead: 0xc0, size: 1 },
  { lead: 0xc1, size: 2 },
  { lead: 0xc2, size: 4 },
];
const LZF = 0xc3;

/** Writes lengths and strings as RDB has them (rdb-format.md 3 and 4), besides plain bytes. */
export class RdbWriter extends ByteWriter {
  readonly #compress: boolean;

  constructor(compressStrings: boolean) {
    super();
    this.#compress = compressStrings;
  }

  /** A length of up to 64 bits, in its shortest form. */
  count(value: number | bigint): void {
    const size = Number(value);
    if (size < 1 << 6) this.byte(size);
    else if (size < 1 << 14) {
      this.byte(0x40 | (size >> 8));
      this.byte(size & 0xff);
    } else if (size < 2 ** 32) {
      this.byte(0x80);
      this.uint32BE(size);
    } else {
      this.byte(0x81);
      this.uint64BE(BigInt(value));
    }
  }

  /** A string of Latin-1 text: an integer as such where it is one, else as blob(). */
  string(text: string): void {
    const value = text.length <= INTEGER_CHARACTERS ? parseInt64(text) : null;
    const form = INTEGER_FORMS.find(({ size }) => value !== null && BigInt.asIntN(8 * size, value) === value);
    if (value === null || form === undefined) this.blob(toBytes(text));
    else {
      this.byte(form.lead);
      this.integerLE(value, form.size);
    }
  }

  /** A string of bytes, compressed where that is wanted and worth it. */
  blob(bytes: Uint8Array): void {
    const packed = this.#compress && bytes.length > COMPRESSION_THRESHOLD ? compress(bytes) : null;
    if (packed === null) {
      this.count(bytes.length);
      this.raw(bytes);
    } else {
      this.byte(LZF);
      this.count(packed.length);
      this.count(bytes.length);
      this.raw(packed);
    }
  }
}

/**
 * CRC-64 of RDB payloads: polynomial 0xad93d23594c935a9, reflected in and out, start 0, no final xor; the check value of
 * "123456789" is e9c6d914c4b8d9ca (rdb-format.md 1.2). Kept in two 32-bit words, since BigInt in a byte loop is 30 times slower,
 * and stepped eight bytes at a time by eight tables.
 */

/** The polynomial with its bits reversed, as a right-shifting table wants it. */
const POLY_HIGH = 0x95ac9329;
const POLY_LOW = 0xac4bc9b5;

/** Table k, byte b at 2 * (256 * k + b): low word, then high word of the CRC of b followed by k zero bytes. */
const TABLE = makeTables();

function makeTables(): Int32Array {
  const table = new Int32Array(8 * 256 * 2);
  for (let byte = 0; byte < 256; byte++) {
    let low = byte;
    let high = 0;
    for (let bit = 0; bit < 8; bit++) {
      const carry = low & 1;
      low = (low >>> 1) | (high << 31);
      high >>>= 1;
      if (carry !== 0) {
        low ^= POLY_LOW;
        high ^= POLY_HIGH;
      }
    }
    table[2 * byte] = low;
    table[2 * byte + 1] = high;
  }
  for (let i = 512; i < table.length; i += 2) {
    const low = table[i - 512]!;
    const high = table[i - 511]!;
    const index = 2 * (low & 0xff);
    table[i] = ((low >>> 8) | (high << 24)) ^ table[index]!;
    table[i + 1] = (high >>> 8) ^ table[index + 1]!;
  }
  return table;
}

/** Running CRC-64 over any number of spans. */
export class Crc64 {
  #low = 0;
  #high = 0;

  /** Takes bytes[start, end) in. */
  update(bytes: Uint8Array, start: number, end: number): void {
    const t = TABLE;
    let low = this.#low;
    let high = this.#high;
    let i = start;
    for (const last = end - 8; i <= last; i += 8) {
      const a = ((low & 0xff) ^ bytes[i]!) << 1;
      const b = (((low >>> 8) & 0xff) ^ bytes[i + 1]!) << 1;
      const c = (((low >>> 16) & 0xff) ^ bytes[i + 2]!) << 1;
      const d = ((low >>> 24) ^ bytes[i + 3]!) << 1;
      const e = ((high & 0xff) ^ bytes[i + 4]!) << 1;
      const f = (((high >>> 8) & 0xff) ^ bytes[i + 5]!) << 1;
      const g = (((high >>> 16) & 0xff) ^ bytes[i + 6]!) << 1;
      const h = ((high >>> 24) ^ bytes[i + 7]!) << 1;
      low =
        t[3584 + a]! ^
        t[3072 + b]! ^
        t[2560 + c]! ^
        t[2048 + d]! ^
        t[1536 + e]! ^
        t[1024 + f]! ^
        t[512 + g]! ^
        t[h]!;
      high =
        t[3585 + a]! ^
        t[3073 + b]! ^
        t[2561 + c]! ^
        t[2049 + d]! ^
        t[1537 + e]! ^
        t[1025 + f]! ^
        t[513 + g]! ^
        t[h + 1]!;
    }
    for (; i < end; i++) {
      const index = ((low ^ bytes[i]!) & 0xff) << 1;
      low = ((low >>> 8) | (high << 24)) ^ t[index]!;
      high = (high >>> 8) ^ t[index + 1]!;
    }
    this.#low = low;
    this.#high = high;
  }

  /** True when bytes[at, at + 8) hold this CRC in little-endian order, as the trailer of a payload does. */
  matches(bytes: Uint8Array, at: number): boolean {
    for (let i = 0; i < 4; i++) {
      if (bytes[at + i] !== ((this.#low >>> (8 * i)) & 0xff)) return false;
      if (bytes[at + 4 + i] !== ((this.#high >>> (8 * i)) & 0xff)) return false;
    }
    return true;
  }

  /** The CRC as 16 hex digits, most significant first. */
  hex(): string {
    const word = (value: number) => (value >>> 0).toString(16).padStart(8, '0');
    return word(this.#high) + word(this.#low);
  }
}

import { type Crc64Kernel, INPUT_BYTES, makeKernel, SLICES } from './crc64-wasm.js';

/**
 * CRC-64 of RDB payloads: polynomial 0xad93d23594c935a9, reflected in and out, start 0, no final xor; the check value of
 * "123456789" is e9c6d914c4b8d9ca (rdb-format.md 1.2). Kept in two 32-bit words, since BigInt in a byte loop is 30 times slower;
 * the loop over the bytes is WebAssembly.
 */

/** The polynomial with its bits reversed, as a right-shifting table wants it. */
const POLY_HIGH = 0x95ac9329;
const POLY_LOW = 0xac4bc9b5;

/** Made when the first CRC is asked for. All share it: the running value is put in before, and taken out after each span. */
let kernel: Crc64Kernel | null = null;

function sharedKernel(): Crc64Kernel {
  if (kernel === null) {
    kernel = makeKernel();
    fillTables(kernel.tables);
  }
  return kernel;
}

function fillTables(table: Int32Array): void {
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
  for (let i = 512; i < 512 * SLICES; i += 2) {
    const low = table[i - 512]!;
    const high = table[i - 511]!;
    const index = 2 * (low & 0xff);
    table[i] = ((low >>> 8) | (high << 24)) ^ table[index]!;
    table[i + 1] = (high >>> 8) ^ table[index + 1]!;
  }
}

/** Running CRC-64 over any number of spans. */
export class Crc64 {
  #low = 0;
  #high = 0;

  /** Takes bytes[start, end) in. */
  update(bytes: Uint8Array, start: number, end: number): void {
    const { crc, input, update } = sharedKernel();
    crc[0] = this.#low;
    crc[1] = this.#high;
    for (let at = start; at < end; at += INPUT_BYTES) {
      const until = Math.min(at + INPUT_BYTES, end);
      input.set(bytes.subarray(at, until));
      update(until - at);
    }
    this.#low = crc[0];
    this.#high = crc[1];
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

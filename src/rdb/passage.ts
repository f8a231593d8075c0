import type { Crc64 } from './crc64.js';

const CRC_BYTES = 8;
const EOF = 0xff;

/**
 * Level 'framing' behind the header: nothing is parsed, so the checksum is known by the end of the payload only. Holds the last
 * eight bytes back from the CRC.
 */
export class Passage {
  readonly #crc: Crc64;
  /** Bytes held back at the end: the checksum, of a version that has one. */
  readonly #hold: number;
  readonly #tail = new Uint8Array(2 * CRC_BYTES);
  #held = 0;
  #last = -1;

  constructor(crc: Crc64, hasChecksum: boolean) {
    this.#crc = crc;
    this.#hold = hasChecksum ? CRC_BYTES : 0;
  }

  feed(bytes: Uint8Array, start: number, end: number): void {
    let at = start;
    // Until a whole span stands behind them, the held bytes leave one by one.
    if (end - start < this.#hold) {
      while (at < end) this.#push(bytes[at++]!);
      this.#drop(Math.max(0, this.#held - this.#hold));
      return;
    }
    this.#drop(this.#held);
    at = end - this.#hold;
    if (at > start) {
      this.#crc.update(bytes, start, at);
      this.#last = bytes[at - 1]!;
    }
    while (at < end) this.#push(bytes[at++]!);
  }

  /** The payload is over: does it end with an EOF opcode and the checksum, and what does that say? */
  end(): { complete: boolean; checksum: 'valid' | 'invalid' | 'disabled' | 'absent' | 'unchecked' } {
    if (this.#last !== EOF || this.#held !== this.#hold) return { complete: false, checksum: 'unchecked' };
    if (this.#hold === 0) return { complete: true, checksum: 'absent' };
    return { complete: true, checksum: checkTrailer(this.#crc, this.#tail, 0) };
  }

  #push(byte: number): void {
    this.#tail[this.#held++] = byte;
  }

  /** The first `count` held bytes belong to the CRC. */
  #drop(count: number): void {
    if (count === 0) return;
    this.#crc.update(this.#tail, 0, count);
    this.#last = this.#tail[count - 1]!;
    this.#tail.copyWithin(0, count, this.#held);
    this.#held -= count;
  }
}

/** The checksum at bytes[at, at + 8) against the CRC of all that stands before it. */
export function checkTrailer(crc: Crc64, bytes: Uint8Array, at: number): 'valid' | 'invalid' | 'disabled' {
  let written = false;
  for (let i = 0; i < CRC_BYTES; i++) if (bytes[at + i] !== 0) written = true;
  if (!written) return 'disabled';
  return crc.matches(bytes, at) ? 'valid' : 'invalid';
}

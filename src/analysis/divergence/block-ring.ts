import { MAX_BLOCKS } from './limits.js';

const FIRST_BLOCKS = 64;

/** Hash of one block as it was stored. */
export interface StoredBlock {
  hash: number;
  /** Bytes at the block's beginning that the hash leaves out: the stream began behind them. */
  skipped: number;
  packet: number;
}

/** Hashes of the latest MAX_BLOCKS blocks of one stream, by their number. Grows as blocks come. */
export class BlockRing {
  #numbers = new Float64Array(FIRST_BLOCKS).fill(-1);
  #hashes = new Int32Array(FIRST_BLOCKS);
  #skipped = new Uint16Array(FIRST_BLOCKS);
  #packets = new Uint32Array(FIRST_BLOCKS);
  #stored = 0;

  store(block: number, hash: number, skipped: number, packet: number): void {
    if (this.#stored === this.#numbers.length && this.#stored < MAX_BLOCKS) this.#grow();
    if (this.#stored < this.#numbers.length) this.#stored++;
    this.#put(block, hash, skipped, packet);
  }

  /** null where it was not stored, or is forgotten. */
  find(block: number): StoredBlock | null {
    const slot = block % this.#numbers.length;
    if (this.#numbers[slot] !== block) return null;
    return { hash: this.#hashes[slot]!, skipped: this.#skipped[slot]!, packet: this.#packets[slot]! };
  }

  #put(block: number, hash: number, skipped: number, packet: number): void {
    const slot = block % this.#numbers.length;
    this.#numbers[slot] = block;
    this.#hashes[slot] = hash;
    this.#skipped[slot] = skipped;
    this.#packets[slot] = packet;
  }

  #grow(): void {
    const numbers = this.#numbers;
    const hashes = this.#hashes;
    const skipped = this.#skipped;
    const packets = this.#packets;
    const size = Math.min(MAX_BLOCKS, numbers.length * 2);
    this.#numbers = new Float64Array(size).fill(-1);
    this.#hashes = new Int32Array(size);
    this.#skipped = new Uint16Array(size);
    this.#packets = new Uint32Array(size);
    for (let i = 0; i < numbers.length; i++)
      if (numbers[i]! >= 0) this.#put(numbers[i]!, hashes[i]!, skipped[i]!, packets[i]!);
  }
}

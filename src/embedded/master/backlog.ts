/** Bytes of one block: what real servers take for one, too. */
const BLOCK_SIZE = 16_384;

interface Block {
  readonly bytes: Uint8Array;
  used: number;
}

/**
 * The last bytes of the stream, for replicas that come back. It holds exactly `size` of them at most, more only while pinned. (A real
 * server from 7.0 on keeps whole blocks and may hold a little more; nothing on the wire tells.)
 */
export class Backlog {
  #size: number;
  #next: number;
  #length = 0;
  /** The first block is used from here on. */
  #skip = 0;
  #blocks: Block[] = [];
  #pin: number | null = null;

  /** @param nextOffset offset of the first byte that will come. */
  constructor(size: number, nextOffset: number) {
    this.#size = size;
    this.#next = nextOffset;
  }

  get size(): number {
    return this.#size;
  }

  /** Offset of the first byte held; of the next one to come when none is. */
  get firstOffset(): number {
    return this.#next - this.#length;
  }

  get length(): number {
    return this.#length;
  }

  append(bytes: Uint8Array): void {
    let from = 0;
    while (from < bytes.length) {
      const block = this.#open();
      const part = bytes.subarray(from, from + block.bytes.length - block.used);
      block.bytes.set(part, block.used);
      block.used += part.length;
      from += part.length;
      this.#next += part.length;
      this.#length += part.length;
      this.#trim();
    }
  }

  /** A copy of what is held from an offset on; the offset must be held, or be that of the next byte. */
  from(offset: number): Uint8Array {
    if (offset < this.firstOffset || offset > this.#next)
      throw new RangeError(`offset ${offset} is not held`);
    const out = new Uint8Array(this.#next - offset);
    let position = this.firstOffset - this.#skip - offset;
    for (const { bytes, used } of this.#blocks) {
      if (position + used > 0) {
        const start = Math.max(0, -position);
        out.set(bytes.subarray(start, used), position + start);
      }
      position += used;
    }
    return out;
  }

  /** A new size, from now on: a smaller one lets bytes go at once. */
  resize(size: number): void {
    this.#size = size;
    this.#trim();
  }

  /** Keeps everything from the next byte on until it is released: a payload is under way whose stream will be asked for. */
  pin(): void {
    this.#pin ??= this.#next;
  }

  release(): void {
    this.#pin = null;
    this.#trim();
  }

  #open(): Block {
    const last = this.#blocks.at(-1);
    if (last !== undefined && last.used < last.bytes.length) return last;
    const block = { bytes: new Uint8Array(BLOCK_SIZE), used: 0 };
    this.#blocks.push(block);
    return block;
  }

  #trim(): void {
    const pinned = this.#pin === null ? 0 : this.#next - this.#pin;
    const surplus = this.#length - Math.max(this.#size, pinned);
    if (surplus <= 0) return;
    this.#length -= surplus;
    this.#skip += surplus;
    let gone = 0;
    while (gone < this.#blocks.length && this.#skip >= this.#blocks[gone]!.used) {
      this.#skip -= this.#blocks[gone]!.used;
      gone++;
    }
    if (gone > 0) this.#blocks.splice(0, gone);
  }
}

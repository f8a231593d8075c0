import { BatchBuffer } from './batch.js';
import type { ByteSource } from './byte-source.js';
import { type CaptureDecoder, CUT_SHORT } from './decoder.js';
import type { CaptureFacts, CaptureReader, PacketBatch } from './types.js';

/** Bytes of the block that a reader fills and decodes; it grows for a record that is larger. */
const BLOCK_BYTES = 1024 * 1024;

/** Reads a source in large blocks and lets a decoder find the packets in them; nothing is copied out of the block. */
export class BlockReader implements CaptureReader {
  readonly facts: CaptureFacts;
  readonly #source: ByteSource;
  readonly #decoder: CaptureDecoder;
  readonly #batch = new BatchBuffer();
  #block: Uint8Array;
  /** What is read and not decoded: `#block[#from, #to)`. */
  #from = 0;
  #to = 0;
  /** Position in the input of `#block[0]`. */
  #position: number;
  #done = false;

  /** @param position of the source's next byte in the input. @param blockBytes size the block starts with. */
  constructor(
    source: ByteSource,
    decoder: CaptureDecoder,
    facts: CaptureFacts,
    position: number,
    blockBytes = BLOCK_BYTES,
  ) {
    this.#source = source;
    this.#decoder = decoder;
    this.facts = facts;
    this.#position = position;
    this.#block = new Uint8Array(blockBytes);
  }

  async next(): Promise<PacketBatch | null> {
    const batch = this.#batch;
    batch.count = 0;
    while (!this.#done) {
      batch.bytes = this.#block;
      this.#from = this.#decoder.decode(this.#block, this.#from, this.#to, batch);
      // A damaged record behind these packets is met again by the next call.
      if (batch.count > 0) return batch;
      if (this.#decoder.problem !== null) this.#end(this.#decoder.problem);
      else await this.#fill(this.#decoder.needed);
    }
    return null;
  }

  async close(): Promise<void> {
    this.#end(null);
    await this.#source.close();
  }

  /** Brings `needed` undecoded bytes into the block, and as many more as the source has at once; or ends the reader. */
  async #fill(needed: number): Promise<void> {
    this.#makeRoom();
    while (this.#to - this.#from < needed) {
      if (this.#to === this.#block.length) this.#grow(needed);
      let got = 0;
      try {
        got = await this.#source.read(this.#block, this.#to, this.#block.length - this.#to);
      } catch (error) {
        return this.#end((error as Error).message);
      }
      if (this.#done) return;
      if (got === 0) return this.#end(this.#to > this.#from ? CUT_SHORT : null);
      this.#to += got;
    }
  }

  /** Moves the undecoded rest to the front of the block. */
  #makeRoom(): void {
    this.#block.copyWithin(0, this.#from, this.#to);
    this.#position += this.#from;
    this.#to -= this.#from;
    this.#from = 0;
  }

  /** Doubles the block: a damaged length then costs memory only as far as there are bytes to fill it. */
  #grow(needed: number): void {
    const larger = new Uint8Array(Math.min(this.#block.length * 2, Math.max(needed, BLOCK_BYTES)));
    larger.set(this.#block.subarray(0, this.#to));
    this.#block = larger;
  }

  /** @param problem what broke at the first byte that was not decoded; null for the regular end. */
  #end(problem: string | null): void {
    if (this.#done) return;
    this.#done = true;
    if (problem !== null) this.facts.problem = { message: problem, position: this.#position + this.#from };
  }
}

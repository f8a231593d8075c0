import { BatchBuffer } from './batch.js';
import type { ByteSource } from './byte-source.js';
import { type CaptureDecoder, CUT_SHORT } from './decoder.js';
import type { CaptureFacts, CaptureReader, PacketBatch } from './types.js';

const NOTHING = new Uint8Array(0);

/** Bytes of a block that a reader fills at once. */
const BLOCK_BYTES = 1024 * 1024;

/** Room before these for what the block before left undecoded; a longer rest is copied once more. */
const REST_BYTES = 256 * 1024 + 256;

/**
 * Reads a source in large blocks and lets a decoder find the packets in them. While one block is worked on, the next is being read; but for
 * the record that two blocks share nothing is copied.
 */
export class BlockReader implements CaptureReader {
  readonly facts: CaptureFacts;
  readonly #source: ByteSource;
  readonly #decoder: CaptureDecoder;
  readonly #batch = new BatchBuffer();
  #block: Uint8Array = NOTHING;
  /** What is read and not decoded: `#block[#from, #to)`. */
  #from = 0;
  #to = 0;
  /** Position in the input of `#block[0]`. */
  #position: number;
  /** Takes what is read next, from REST_BYTES on. */
  #next: Uint8Array;
  #reading: Promise<number | Error> | null = null;
  #done = false;

  /** @param position of the source's next byte in the input. @param blockBytes that are read at once. */
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
    this.#next = new Uint8Array(REST_BYTES + blockBytes);
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

  /** Brings `needed` undecoded bytes into the block, and what else the source had at once; or ends the reader. */
  async #fill(needed: number): Promise<void> {
    do {
      const got = await (this.#reading ?? this.#read());
      if (this.#done) return;
      if (got instanceof Error) return this.#end(got.message);
      if (got === 0) return this.#end(this.#to > this.#from ? CUT_SHORT : null);
      const spare = this.#take(got, needed);
      // A block that has just been found too small is not used again.
      this.#next = spare.length === this.#next.length ? spare : new Uint8Array(this.#next.length);
      this.#reading = this.#read();
    } while (this.#to - this.#from < needed);
  }

  #read(): Promise<number | Error> {
    const into = this.#next;
    return this.#source
      .read(into, REST_BYTES, into.length - REST_BYTES)
      .catch((error: unknown) => error as Error);
  }

  /** `got` bytes were read: puts them behind the undecoded rest. @returns the block that is free now. */
  #take(got: number, needed: number): Uint8Array {
    const block = this.#block;
    const rest = this.#to - this.#from;
    this.#position += this.#from;
    if (rest <= REST_BYTES) {
      const next = this.#next;
      this.#from = REST_BYTES - rest;
      next.set(block.subarray(this.#to - rest, this.#to), this.#from);
      this.#position -= this.#from;
      this.#to = REST_BYTES + got;
      this.#block = next;
      return block;
    }
    if (rest + got > block.length)
      this.#block = new Uint8Array(Math.max(rest + got, Math.min(2 * block.length, needed)));
    this.#block.set(block.subarray(this.#to - rest, this.#to));
    this.#block.set(this.#next.subarray(REST_BYTES, REST_BYTES + got), rest);
    this.#from = 0;
    this.#to = rest + got;
    return this.#next;
  }

  /** @param problem what broke at the first byte that was not decoded; null for the regular end. */
  #end(problem: string | null): void {
    if (this.#done) return;
    this.#done = true;
    if (problem !== null) this.facts.problem = { message: problem, position: this.#position + this.#from };
  }
}

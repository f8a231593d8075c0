import { crc32 } from 'node:zlib';
import type { Session } from '../../replication/model.js';
import type { OffsetBytes } from '../../replication/sibling-bytes.js';
import { BlockRing } from './block-ring.js';
import { BLOCK_BYTES } from './limits.js';

/** Who compares the streams of a history. */
export interface StreamOwner {
  /** False while there is no sibling: then nothing is hashed. */
  readonly isShared: boolean;
  /** A block of this stream is whole, or whole but for the `skipped` bytes at its beginning. */
  hashed(
    stream: SiblingStream,
    block: number,
    hash: number,
    skipped: number,
    time: number,
    packet: number,
  ): void;
}

/** The block that a stream is in the middle of. */
interface OpenBlock {
  block: number;
  skipped: number;
  /** Offset behind the last byte that was hashed. */
  next: number;
  hash: number;
}

/**
 * One stream of a history as hashes of its blocks: block n holds the bytes at offsets n × BLOCK_BYTES and up. CRC32 tells any two blocks
 * apart that differ within 32 bits, and all others but one in four thousand million. Behind a hole a block is hashed from there on.
 */
export class SiblingStream implements OffsetBytes {
  readonly session: Session;
  /** What was captured of it is the same each time. */
  readonly isSound: () => boolean;
  readonly blocks = new BlockRing();
  readonly #owner: StreamOwner;
  /** Offset of the byte that is expected next; -1 before the first. */
  #next = -1;
  #hash = 0;
  /** Bytes of the open block before the first one hashed: not captured, or before the stream began. */
  #skipped = 0;

  constructor(session: Session, isSound: () => boolean, owner: StreamOwner) {
    this.session = session;
    this.isSound = isSound;
    this.#owner = owner;
  }

  data(bytes: Uint8Array, start: number, end: number, offset: number, time: number, packet: number): void {
    if (!this.#owner.isShared) return;
    if (offset !== this.#next) this.#skipTo(offset);
    let at = start;
    let block = Math.floor(offset / BLOCK_BYTES);
    let room = (block + 1) * BLOCK_BYTES - offset;
    while (end - at >= room) {
      this.#add(bytes, at, at + room);
      this.#whole(block, time, packet);
      at += room;
      block++;
      room = BLOCK_BYTES;
    }
    if (at < end) this.#add(bytes, at, end);
    this.#next = offset + (end - start);
  }

  /** What is hashed of the block that is not whole yet; null where nothing is. */
  open(): OpenBlock | null {
    const block = Math.floor(this.#next / BLOCK_BYTES);
    if (this.#next < 0 || block * BLOCK_BYTES + this.#skipped === this.#next) return null;
    return { block, skipped: this.#skipped, next: this.#next, hash: this.#hash | 0 };
  }

  /** The stream begins here, or goes on behind a hole: the block is hashed from `offset` on. */
  #skipTo(offset: number): void {
    this.#skipped = offset % BLOCK_BYTES;
    this.#hash = 0;
  }

  #add(bytes: Uint8Array, from: number, to: number): void {
    this.#hash = crc32(bytes.subarray(from, to), this.#hash);
  }

  #whole(block: number, time: number, packet: number): void {
    this.#owner.hashed(this, block, this.#hash | 0, this.#skipped, time, packet);
    this.#skipped = 0;
    this.#hash = 0;
  }
}

import { BatchBuffer } from '../../capture/batch.js';
import type { PacketBatch } from '../../capture/types.js';
import type { FrameSink } from './frame-sink.js';

const LINKTYPE_ETHERNET = 1;

/** Hands each frame on at once as a batch of one packet, to whoever takes batches of a capture. */
export class PacketFeed implements FrameSink {
  readonly #batch = new BatchBuffer();
  readonly #take: (batch: PacketBatch, from: number, to: number) => void;

  /** @param take is called with packets [from, to) of the batch, which is used again for the next frame. */
  constructor(take: (batch: PacketBatch, from: number, to: number) => void) {
    this.#take = take;
    this.#batch.count = 1;
    this.#batch.linkType[0] = LINKTYPE_ETHERNET;
  }

  frame(time: number, bytes: Uint8Array, originalLength: number): void {
    const batch = this.#batch;
    batch.bytes = bytes;
    batch.end[0] = bytes.length;
    batch.originalLength[0] = originalLength;
    batch.time[0] = time;
    this.#take(batch, 0, 1);
  }
}

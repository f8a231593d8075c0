import type { PacketBatch } from './types.js';

/** Packets one batch holds at most: enough to amortise a call per batch, few enough to stay in the L2 cache. */
export const BATCH_PACKETS = 8192;

/** The one batch a reader fills again and again; only decoders and readers write to it. */
export class BatchBuffer implements PacketBatch {
  bytes: Uint8Array = new Uint8Array(0);
  count = 0;
  readonly start = new Int32Array(BATCH_PACKETS);
  readonly end = new Int32Array(BATCH_PACKETS);
  readonly originalLength = new Float64Array(BATCH_PACKETS);
  readonly linkType = new Int32Array(BATCH_PACKETS);
  readonly time = new Float64Array(BATCH_PACKETS);
}

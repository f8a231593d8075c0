import { OUT_OF_ORDER_US } from './limits.js';
import type { LossCounters } from './types.js';

/** Counts what one direction lost or repeated. Made at the first loss: most connections have none. */
export class Losses {
  readonly counters: LossCounters = {
    gaps: 0,
    missingBytes: 0,
    retransmittedBytes: 0,
    outOfOrderSegments: 0,
    conflictingBytes: 0,
    duplicatePackets: 0,
  };
  private gapStart = 0;
  private gapEnd = 0;

  gap(start: number, end: number): void {
    this.counters.missingBytes += end - start;
    const continues = start === this.gapEnd && this.counters.gaps > 0;
    this.gapEnd = end;
    if (continues) return;
    this.counters.gaps++;
    this.gapStart = start;
  }

  /**
   * Payload at positions that were already passed. What falls into the latest gap is not counted: it came too late, but
   * only once. Nor are positions below 0: sent before the capture began.
   */
  repeated(start: number, end: number): void {
    const inGap = Math.max(0, Math.min(end, this.gapEnd) - Math.max(start, this.gapStart));
    this.counters.retransmittedBytes += Math.max(0, end - Math.max(0, start) - inGap);
  }

  /**
   * `bytes` never seen before filled a hole below the newest data, `delay` µs after that data. Soon: the original, overtaken
   * on the way. Later: a retransmission of a segment that was lost before the capture point.
   */
  filled(bytes: number, delay: number): void {
    if (delay < OUT_OF_ORDER_US) this.counters.outOfOrderSegments++;
    else this.counters.retransmittedBytes += bytes;
  }
}

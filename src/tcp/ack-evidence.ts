import { GAP_GRACE_PACKETS, GAP_GRACE_US } from './limits.js';

/**
 * ACKs for bytes that the capture has not shown. Such an ACK proves a hole to be a loss of the capture, but only after a
 * grace (see limits.ts): in a shuffled capture the bytes may come right after their ACK.
 */
export class AckEvidence {
  /** Positions below this were acknowledged at least one grace ago. */
  private proven = 0;
  private waiting = 0;
  private since = 0;
  private sinceCount = 0;

  /** `ack`: position acknowledged at `time` (µs) by packet number `count` of the connection. */
  note(ack: number, time: number, count: number): void {
    this.promote(time, count);
    if (this.waiting > this.proven) return;
    this.waiting = ack;
    this.since = time;
    this.sinceCount = count;
  }

  /** The position below which a missing byte is lost to the capture. `acknowledged` is the highest one so far. */
  provenUpTo(acknowledged: number, time: number, count: number): number {
    this.promote(time, count);
    if (acknowledged > this.waiting) this.note(acknowledged, time, count);
    return this.proven;
  }

  private promote(time: number, count: number): void {
    if (this.waiting <= this.proven) return;
    if (count - this.sinceCount >= GAP_GRACE_PACKETS || time - this.since >= GAP_GRACE_US) {
      this.proven = this.waiting;
    }
  }
}

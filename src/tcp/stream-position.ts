import { MAX_HELD_BYTES } from './limits.js';
import { sequenceAfter, sequenceDistance } from './sequence.js';

/** Nothing is known of this direction's sequence numbers. */
export const UNKNOWN = 0;
/** Position 0 is what the peer acknowledged before any byte was captured; the first captured byte may move it. */
export const TENTATIVE = 1;
export const LIVE = 2;
/** Wanted again after a pause: the next new segment is taken wherever it starts. */
export const RESUMING = 3;

type PositionState = typeof UNKNOWN | typeof TENTATIVE | typeof LIVE | typeof RESUMING;

/** How the sequence numbers of one direction map to stream positions, and how far the stream has come. */
export class StreamPosition {
  // In the order of use: what each segment needs shares the first cache lines of the object.
  protected state: PositionState = UNKNOWN;
  /** Position of the next byte to deliver, and its sequence number. */
  protected next = 0;
  protected nextSequence = 0;
  /** Position behind the last byte, once a FIN told it, or -1. */
  fin = -1;
  /** Position behind the newest byte seen. */
  highest = 0;
  /** When `highest` was seen: low 32 bits of the µs, since a larger number would cost a heap object and a cache miss. */
  protected highestTick = 0;
  /** Position up to which the peer acknowledged, or -1. May count the FIN as a byte. */
  acked = -1;
  /** When `acked` last rose, and when it was first known: low 32 bits of the µs. */
  ackTick = 0;
  firstAckTick = 0;
  /** When the FIN was sent, µs. */
  finTime = 0;
  /** Sequence number of the SYN (signed 32-bit), or null when neither it nor its ACK was seen. */
  initial: number | null = null;

  /** Position 0 comes right after `initial`, the sequence number of the SYN. */
  begin(initial: number): void {
    const first = sequenceAfter(initial, 1);
    if (this.state === TENTATIVE) {
      const before = sequenceDistance(first, this.nextSequence);
      // What was acknowledged may still be captured.
      if (this.acked >= 0) this.acked = 0;
      if (this.fin >= 0) this.fin += before;
    }
    this.initial = initial | 0;
    this.nextSequence = first;
    this.state = LIVE;
  }

  get isKnown(): boolean {
    return this.state !== UNKNOWN;
  }

  /** Everything up to the FIN was delivered, or given up. */
  get finished(): boolean {
    return this.fin >= 0 && this.next >= this.fin;
  }

  /** True when what was captured so far may come after `sequence`: nothing was delivered, and it is not far from there. */
  mayBeginAt(sequence: number): boolean {
    if (this.state === UNKNOWN) return true;
    const ahead = sequenceDistance(sequence, this.nextSequence);
    return this.state === TENTATIVE && ahead >= 0 && ahead <= MAX_HELD_BYTES;
  }

  /** Sequence number of the byte at `position`, unsigned. */
  sequenceOf(position: number): number {
    return sequenceAfter(this.nextSequence, position - this.next) >>> 0;
  }

  positionOf(sequence: number): number {
    return this.next + sequenceDistance(this.nextSequence, sequence);
  }

  protected anchorAt(sequence: number): void {
    this.nextSequence = sequence | 0;
    this.state = TENTATIVE;
  }

  /**
   * Called with each payload before position 0 is settled. False: the bytes are older than what the peer had acknowledged, so
   * they tell nothing. Otherwise they are where the stream begins: what was in flight when the capture began is no loss.
   */
  protected anchorAtData(sequence: number, length: number): boolean {
    if (this.state === UNKNOWN) this.anchorAt(sequence);
    const ahead = sequenceDistance(this.nextSequence, sequence);
    if (ahead + length <= 0 || (this.fin >= 0 && this.next + ahead >= this.fin)) return false;
    this.state = LIVE;
    if (ahead > 0) {
      this.nextSequence = sequence;
      if (this.acked >= 0) this.acked = Math.max(0, this.acked - ahead);
      if (this.fin >= 0) this.fin -= ahead;
    }
    return true;
  }

  /** Moves on to `position` without delivering anything. */
  protected jump(position: number): void {
    this.nextSequence = sequenceAfter(this.nextSequence, position - this.next);
    this.next = position;
    if (position > this.highest) this.highest = position;
  }

  protected saw(end: number, time: number): void {
    if (end <= this.highest) return;
    this.highest = end;
    this.highestTick = time | 0;
  }
}

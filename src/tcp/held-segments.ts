import { RST, TcpSegment } from '../packet/segment.js';
import { HELD_SEGMENT_OVERHEAD } from './limits.js';
import { sequenceDistance } from './sequence.js';
import type { Direction } from './types.js';

/** A segment that was captured before what it follows; its payload is copied. */
export interface HeldSegment {
  readonly segment: TcpSegment;
  readonly side: Direction;
  /** Time (µs) and number of its packet. */
  readonly time: number;
  readonly packet: number;
}

/** Segments of one connection that wait, per direction in the order of their sequence numbers. */
export class HeldSegments {
  /** Bytes they take, bookkeeping included. */
  size = 0;
  readonly #queues: [HeldSegment[], HeldSegment[]] = [[], []];

  get count(): number {
    return this.#queues[0].length + this.#queues[1].length;
  }

  add(segment: TcpSegment, side: Direction, time: number, packet: number): void {
    const held: HeldSegment = { segment: copyOf(segment), side, time, packet };
    const queue = this.#queues[side];
    let at = queue.length;
    while (at > 0 && sequenceDistance(queue[at - 1]!.segment.sequence, segment.sequence) < 0) at--;
    queue.splice(at, 0, held);
    this.size += HELD_SEGMENT_OVERHEAD + held.segment.bytes.length;
  }

  /** The next segment of a direction. */
  head(side: Direction): HeldSegment | undefined {
    return this.#queues[side][0];
  }

  take(side: Direction): HeldSegment {
    const held = this.#queues[side].shift()!;
    this.size -= HELD_SEGMENT_OVERHEAD + held.segment.bytes.length;
    return held;
  }

  /** Sides of the connection were taken for each other. */
  turn(): void {
    const queues = this.#queues;
    const turned = queues.map((queue) =>
      queue.map((held): HeldSegment => ({ ...held, side: held.side === 0 ? 1 : 0 })),
    );
    queues[0] = turned[1]!;
    queues[1] = turned[0]!;
  }

  /**
   * The side whose head was said first: the one that the other's ACK number covers, else the one captured first. There must be a head.
   */
  firstSaid(): Direction {
    const [head0] = this.#queues[0];
    const [head1] = this.#queues[1];
    if (head0 === undefined) return 1;
    if (head1 === undefined) return 0;
    // A reset is the last that is said.
    if (((head0.segment.flags ^ head1.segment.flags) & RST) !== 0)
      return (head0.segment.flags & RST) === 0 ? 0 : 1;
    const knows0 = covers(head1.segment, head0.segment);
    const knows1 = covers(head0.segment, head1.segment);
    if (knows0 !== knows1) return knows0 ? 0 : 1;
    return head0.packet <= head1.packet ? 0 : 1;
  }
}

/** True when `later` acknowledges bytes of `earlier`. */
function covers(later: TcpSegment, earlier: TcpSegment): boolean {
  return earlier.payloadLength > 0 && sequenceDistance(earlier.sequence, later.acknowledgment) > 0;
}

/** What reassembly needs of a segment, in memory of its own; addresses are those of the connection. */
function copyOf(segment: TcpSegment): TcpSegment {
  const copy = new TcpSegment();
  const { payloadStart, payloadEnd } = segment;
  // Not `bytes.slice`: on a Buffer that shares memory.
  copy.bytes = new Uint8Array(payloadEnd - payloadStart);
  copy.bytes.set(segment.bytes.subarray(payloadStart, payloadEnd));
  copy.payloadEnd = payloadEnd - payloadStart;
  copy.payloadLength = segment.payloadLength;
  copy.sequence = segment.sequence;
  copy.acknowledgment = segment.acknowledgment;
  copy.flags = segment.flags;
  copy.window = segment.window;
  return copy;
}

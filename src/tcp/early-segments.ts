import { ACK, RST, type TcpSegment } from '../packet/segment.js';
import type { Shared } from './flow-host.js';
import { HeldSegments } from './held-segments.js';
import { EARLY_GRACE_US, MAX_HELD_BYTES, MAX_HELD_BYTES_TOTAL, MAX_HELD_SEGMENTS } from './limits.js';
import type { Flow } from './reassembly.js';
import { sequenceDistance } from './sequence.js';
import type { Direction } from './types.js';

/** What connections with segments that wait share. */
export interface EarlyShared extends Shared {
  /** Connections with segments that wait, longest first; and the bytes of all of these. */
  readonly waiting: Set<EarlyHost>;
  earlyBytes: number;
}

/** The connection, as its waiting segments see it. */
export interface EarlyHost {
  readonly shared: EarlyShared;
  readonly ended: boolean;
  readonly flow0: Flow;
  readonly flow1: Flow;
  early: EarlySegments | null;
  starting: boolean;
  age(time: number): void;
  isEarly(side: Direction, segment: TcpSegment): boolean;
  take(side: Direction, segment: TcpSegment, time: number, packet: number): void;
}

/**
 * Segments of a connection that were captured before what they follow: their ACK number covers bytes that were not captured yet, or they
 * came before the handshake's. They are passed on as soon as these bytes have come; after EARLY_GRACE_US these are lost.
 */
export class EarlySegments {
  /** Packet time (µs) since when the first of them waits. */
  since = 0;
  readonly #connection: EarlyHost;
  readonly #held = new HeldSegments();

  constructor(connection: EarlyHost) {
    this.#connection = connection;
  }

  get count(): number {
    return this.#held.count;
  }

  arrive(side: Direction, segment: TcpSegment, time: number, packet: number): void {
    const { shared } = this.#connection;
    if (this.#isReady(side, segment)) this.#connection.take(side, segment, time, packet);
    else {
      if (this.count === 0) {
        this.since = time;
        shared.waiting.add(this.#connection);
      }
      this.#account(() => this.#held.add(segment, side, time, packet));
      while (this.#isTooMuch()) {
        shared.counters.earlyOverflows++;
        this.#force(this.#held.firstSaid());
      }
    }
    this.release();
  }

  /** Passes on what has become due. */
  release(): void {
    while (this.count > 0 && !this.#connection.ended) {
      const side = this.#due();
      if (side === null) break;
      this.#pass(side);
    }
    if (this.count === 0) this.#connection.shared.waiting.delete(this.#connection);
  }

  /** It is `time` (µs): what has waited long enough waits no longer. */
  expire(time: number): void {
    this.#connection.age(time);
    for (;;) {
      if (this.count === 0) return;
      const first = this.#held.firstSaid();
      const second = first === 0 ? 1 : 0;
      if (this.#isOver(first, time)) this.#force(first);
      else if (this.#isOver(second, time)) this.#force(second);
      else break;
      this.release();
    }
    this.since = Math.min(this.#timeOf(0), this.#timeOf(1));
    // Behind those who wait longer.
    const { waiting } = this.#connection.shared;
    waiting.delete(this.#connection);
    waiting.add(this.#connection);
  }

  /** Nothing more will come. */
  flush(): void {
    while (this.count > 0) {
      if (this.#connection.ended) this.#account(() => this.#held.take(this.#held.firstSaid()));
      else this.#force(this.#held.firstSaid());
    }
    this.#connection.shared.waiting.delete(this.#connection);
  }

  turn(): void {
    this.#held.turn();
  }

  /** The side whose head's turn it is; null: they all wait. */
  #due(): Direction | null {
    const first = this.#held.firstSaid();
    const second = first === 0 ? 1 : 0;
    if (this.#isReady(first, this.#held.head(first)!.segment)) return first;
    const other = this.#held.head(second);
    if (other === undefined) return null;
    if (this.#isReady(second, other.segment)) return second;
    return this.#waitForEachOther() ? first : null;
  }

  #isReady(side: Direction, segment: TcpSegment): boolean {
    if (this.#connection.isEarly(side, segment)) return false;
    // A reset is the last that is said.
    return (segment.flags & RST) === 0 || this.#held.head(side === 0 ? 1 : 0) === undefined;
  }

  /** A segment that is sent again has its old bytes and a new ACK number, which may cover what waits for these bytes. */
  #waitForEachOther(): boolean {
    const [head0, head1] = [this.#held.head(0)!.segment, this.#held.head(1)!.segment];
    const { flow0, flow1 } = this.#connection;
    return (
      !this.#connection.starting &&
      !flow0.isBehind(head0.sequence | 0) &&
      !flow1.isBehind(head1.sequence | 0) &&
      sequenceDistance(head1.acknowledgment, head0.sequence) + head0.payloadLength >= 0 &&
      sequenceDistance(head0.acknowledgment, head1.sequence) + head1.payloadLength >= 0
    );
  }

  /** What this segment follows was not captured. */
  #force(side: Direction): void {
    const { segment, time, packet } = this.#held.head(side)!;
    const connection = this.#connection;
    connection.starting = false;
    const [flow, peer] =
      side === 0 ? [connection.flow0, connection.flow1] : [connection.flow1, connection.flow0];
    if ((segment.flags & ACK) !== 0) peer.giveUpTo(segment.acknowledgment | 0, time, packet);
    if ((segment.flags & RST) !== 0) flow.giveUpTo(segment.sequence | 0, time, packet);
    this.#pass(side);
  }

  #pass(side: Direction): void {
    const { segment, time, packet } = this.#account(() => this.#held.take(side));
    this.#connection.take(side, segment, time, packet);
  }

  #isTooMuch(): boolean {
    const { count, size } = this.#held;
    const isFull = this.#connection.shared.earlyBytes > MAX_HELD_BYTES_TOTAL;
    return count > 0 && (count > MAX_HELD_SEGMENTS || size > MAX_HELD_BYTES || isFull);
  }

  #isOver(side: Direction, time: number): boolean {
    return time - this.#timeOf(side) >= EARLY_GRACE_US;
  }

  #timeOf(side: Direction): number {
    return this.#held.head(side)?.time ?? Number.POSITIVE_INFINITY;
  }

  #account<T>(change: () => T): T {
    const before = this.#held.size;
    const result = change();
    this.#connection.shared.earlyBytes += this.#held.size - before;
    return result;
  }
}

import type { ConnectionInfo, Direction, LossCounters, StreamConsumer } from '../tcp/types.js';

/** A connection that remembers what its consumer asked for, so that the rest of a span can be held back as well. */
export class WantedMemory implements ConnectionInfo {
  readonly #inner: ConnectionInfo;
  readonly #wanted: [boolean, boolean] = [true, true];

  constructor(inner: ConnectionInfo) {
    this.#inner = inner;
  }

  wants(direction: Direction): boolean {
    return this.#wanted[direction];
  }

  keep(): void {}
  release(): void {}

  setWanted(direction: Direction, wanted: boolean): void {
    this.#wanted[direction] = wanted;
    this.#inner.setWanted(direction, wanted);
  }

  get openedAt(): number | null {
    return this.#inner.openedAt;
  }

  get midstream(): boolean {
    return this.#inner.midstream;
  }

  get closedBy(): Direction | null {
    return this.#inner.closedBy;
  }

  get closedHow(): ConnectionInfo['closedHow'] {
    return this.#inner.closedHow;
  }

  get closedAt(): number | null {
    return this.#inner.closedAt;
  }

  address(side: Direction): string {
    return this.#inner.address(side);
  }

  port(side: Direction): number {
    return this.#inner.port(side);
  }

  loss(direction: Direction): LossCounters {
    return this.#inner.loss(direction);
  }

  zeroWindowMs(direction: Direction): number {
    return this.#inner.zeroWindowMs(direction);
  }

  acknowledged(direction: Direction): number {
    return this.#inner.acknowledged(direction);
  }

  sinceAcknowledged(direction: Direction): number {
    return this.#inner.sinceAcknowledged(direction);
  }

  get roundTripUs(): number | null {
    return this.#inner.roundTripUs;
  }
}

/** `*3 $8 REPLCONF $3 ACK $n <offset>` is not longer. */
const ACK_BYTES = 64;

/**
 * Hands each span on in small pieces, as if the sender had written byte by byte; only the first begins a segment. On a connection
 * whose beginning was not captured, what may be an ACK stays whole: it is recognised there by a span that begins with one, and
 * replicas write it at once.
 */
export class SplitConsumer implements StreamConsumer {
  readonly #inner: StreamConsumer;
  readonly #piece: number;
  readonly #connection: WantedMemory;

  constructor(inner: StreamConsumer, piece: number, connection: WantedMemory) {
    this.#inner = inner;
    this.#piece = piece;
    this.#connection = connection;
  }

  data(
    direction: Direction,
    bytes: Uint8Array,
    start: number,
    end: number,
    position: number,
    time: number,
    packet: number,
    segmentStart: boolean,
  ): void {
    const piece =
      this.#connection.midstream && end - start <= ACK_BYTES ? Number.POSITIVE_INFINITY : this.#piece;
    for (let at = start; at < end; at += piece) {
      // A span that was on its way is delivered whole; of pieces, those behind the refusal are not.
      if (at > start && !this.#connection.wants(direction)) return;
      const to = Math.min(end, at + piece);
      this.#inner.data(
        direction,
        bytes,
        at,
        to,
        position + at - start,
        time,
        packet,
        segmentStart && at === start,
      );
    }
  }

  gap(direction: Direction, position: number, length: number, time: number, packet: number): void {
    this.#inner.gap(direction, position, length, time, packet);
  }

  closed(time: number): void {
    this.#inner.closed(time);
  }
}

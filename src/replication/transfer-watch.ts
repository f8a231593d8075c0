import type { ConnectionInfo, Direction } from '../tcp/types.js';
import type { TransferFacts } from './model.js';

/** A sender that says nothing for so long pauses, µs: the segments of a burst come closer. */
const PAUSE_US = 200;

/** Stands for the round-trip time where the connection's beginning was not captured: on the safe side of most networks. */
const UNKNOWN_ROUND_TRIP_US = 200_000;

/**
 * Why a payload's sender paused, from what TCP shows: the receiver had closed its window; or nothing was on its way and the window was
 * open, for longer than an ACK takes to come back (the sender had nothing to send); or it waited for ACKs or sent something again.
 */
export class TransferWatch {
  readonly facts: TransferFacts = {
    idleMs: 0,
    longestIdleMs: 0,
    unacknowledgedMs: 0,
    zeroWindowMs: 0,
    retransmittedBytes: 0,
    maxFlightBytes: 0,
  };
  readonly #connection: ConnectionInfo;
  readonly #from: Direction;
  readonly #sentAgainBefore: number;
  #lastAt: number;
  /** As of the last pause. */
  #zeroWindowMs: number;
  #sentAgain: number;

  /** @param from the side that sends the payload. @param time of the packet that announced it, µs. */
  constructor(connection: ConnectionInfo, from: Direction, time: number) {
    this.#connection = connection;
    this.#from = from;
    this.#lastAt = time;
    this.#zeroWindowMs = connection.zeroWindowMs(from);
    this.#sentAgain = connection.loss(from).retransmittedBytes;
    this.#sentAgainBefore = this.#sentAgain;
  }

  /** Bytes of the payload from stream position `position` on are sent at `time` (captured or not). */
  goesOn(position: number, time: number): void {
    const pause = time - this.#lastAt;
    if (pause <= 0) return;
    this.#lastAt = time;
    if (pause >= PAUSE_US) this.#paused(pause, position);
  }

  /** Its bytes up to `end` were sent. */
  sentUpTo(end: number): void {
    const acknowledged = this.#connection.acknowledged(this.#from);
    const { facts } = this;
    if (acknowledged >= 0 && end - acknowledged > facts.maxFlightBytes)
      facts.maxFlightBytes = end - acknowledged;
  }

  #paused(pause: number, position: number): void {
    const { facts } = this;
    const connection = this.#connection;
    const from = this.#from;
    const sentAgain = connection.loss(from).retransmittedBytes;
    const zeroWindowMs = connection.zeroWindowMs(from);
    const closed = Math.min(pause, (zeroWindowMs - this.#zeroWindowMs) * 1000);
    const open = pause - closed;
    let idle = 0;
    if (sentAgain === this.#sentAgain && connection.acknowledged(from) >= position) {
      const quiet = Math.min(open, connection.sinceAcknowledged(from));
      idle = Math.max(0, quiet - (connection.roundTripUs ?? UNKNOWN_ROUND_TRIP_US));
    }
    facts.zeroWindowMs += closed / 1000;
    facts.idleMs += idle / 1000;
    if (idle / 1000 > facts.longestIdleMs) facts.longestIdleMs = idle / 1000;
    facts.unacknowledgedMs += (open - idle) / 1000;
    facts.retransmittedBytes = sentAgain - this.#sentAgainBefore;
    this.#zeroWindowMs = zeroWindowMs;
    this.#sentAgain = sentAgain;
  }
}

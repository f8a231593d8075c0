/** Which way bytes flow: 0 from the side that opened the connection (or spoke first in the capture), 1 towards it. */
export type Direction = 0 | 1;

/** What one direction of a connection lost or repeated. */
export interface LossCounters {
  /** Holes the capture has and the receiver has not (never seen, or snapped off). */
  gaps: number;
  missingBytes: number;
  /** Bytes that were sent again: lost, or thought lost, on the wire. Copies made by the capture are not counted. */
  retransmittedBytes: number;
  outOfOrderSegments: number;
  /** Retransmitted bytes that differed from the first copy (the first one was used). */
  conflictingBytes: number;
  /** The same packet captured twice (any-device, mirror port). */
  duplicatePackets: number;
}

/** How a connection ended. */
export type ClosedHow = 'fin' | 'rst';

/** What the reassembly knows of a connection; the object lives as long as the connection. */
export interface ConnectionInfo {
  /** `127.0.0.1` or `::1`, no port. Computed on call. */
  address(side: Direction): string;
  port(side: Direction): number;
  /** Packet time of the SYN, µs; null when the capture began later. */
  readonly openedAt: number | null;
  /** True when no SYN was captured: positions start at the first byte seen. */
  readonly midstream: boolean;
  /** Who closed first (0: the opener), how and when; null while open. */
  readonly closedBy: Direction | null;
  readonly closedHow: ClosedHow | null;
  readonly closedAt: number | null;
  /** Losses of the bytes that flow in that direction. */
  loss(direction: Direction): LossCounters;
  /** Milliseconds that the receiver of this direction had its window closed. */
  zeroWindowMs(direction: Direction): number;
  /** Stream position up to which the receiver of this direction has acknowledged (TCP), or -1. */
  acknowledged(direction: Direction): number;
  /** µs since the receiver of this direction last acknowledged new bytes. Wraps after 71 minutes. */
  sinceAcknowledged(direction: Direction): number;
  /** µs from the SYN to the ACK of its answer: one round trip, wherever it was captured. null: not captured. */
  readonly roundTripUs: number | null;
  /** Whether it is one of those that are forgotten last where there are too many connections. */
  keep(isKept: boolean): void;
  /** Once it is closed: nobody will ask about its directions again, so that their memory can be given back. */
  release(): void;
  /** Stop (or resume) delivering a direction. Resuming starts with the next new segment. */
  setWanted(direction: Direction, wanted: boolean): void;
}

/**
 * Consumer of one connection. Per direction: spans and gaps in stream order, positions contiguous; then `closed` once.
 * Position 0 is the first byte after the SYN, or the first byte captured. Spans are borrowed until the call returns.
 */
export interface StreamConsumer {
  /**
   * `time` (µs) is that of the packet that made these bytes deliverable in order; `packet` its number in the capture, from 1.
   * `segmentStart`: these bytes begin a TCP segment.
   */
  data(
    direction: Direction,
    bytes: Uint8Array,
    start: number,
    end: number,
    position: number,
    time: number,
    packet: number,
    segmentStart: boolean,
  ): void;
  /** `length` bytes at `position` were not captured. Always followed by data at `position + length`, by another gap, or by the end. */
  gap(direction: Direction, position: number, length: number, time: number, packet: number): void;
  /** The connection has ended (FIN of both, or RST), was replaced by a new one, or the capture is over. */
  closed(time: number): void;
}

import type { LagFacts } from './model.js';

/**
 * What measures a session's lag. Numbers are bytes of the command stream since the session's start offset, so that the first
 * stream byte is byte 0 and an acknowledged offset equal to the start offset is 0 (it may be negative: a client that acknowledges
 * less than it was given). Times in µs.
 */
export interface LagMeter {
  /** The session is online; everything up to its start offset counts as acknowledged. */
  online(time: number): void;
  /** Stream bytes up to `bytes` have been sent. */
  sent(bytes: number, time: number): void;
  /** The replica acknowledged `bytes`. Its three results are valid until the next call. */
  acknowledged(bytes: number, time: number): void;
  /** Right before the last ACK: age of the oldest unacknowledged byte, ms. */
  readonly ackLagMs: number;
  /** Right after the last ACK: bytes, and age of the oldest one, that the replica had not applied. */
  readonly behindBytes: number;
  readonly behindMs: number;
  /** Age of the oldest unacknowledged byte at `time`, µs; 0 when there is none. */
  age(time: number): number;
  facts(until: number): LagFacts;
}

export function noLag(): LagFacts {
  return {
    lastBytes: null,
    maxBytes: null,
    maxBytesAt: null,
    caughtUpMs: null,
    lastMs: null,
    maxMs: null,
    p50Ms: null,
    p99Ms: null,
    behindMaxBytes: null,
    behindMaxMs: null,
    drift: null,
    series: null,
  };
}

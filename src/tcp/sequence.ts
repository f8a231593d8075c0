/**
 * 32-bit TCP sequence numbers (RFC 9293, 3.4). Wrap-around lives in this file only; everything else counts stream positions,
 * which are plain numbers that never wrap. Sequence numbers are kept as signed 32-bit integers, since V8 stores those unboxed.
 */

const MODULUS = 0x1_0000_0000;

/**
 * A sender never goes back further than one window, and a window is at most 1 GiB (RFC 7323, 2.3). So of the 4 GiB circle
 * one quarter is "before" and three are "after": a hole of up to 3 GiB in the capture is still measured right.
 */
const FARTHEST_AHEAD = 3 * 0x4000_0000;

/** Bytes from `from` to `to`: negative, down to -1 GiB, when `to` is older; otherwise below 3 GiB. Either number may be signed or unsigned. */
export function sequenceDistance(from: number, to: number): number {
  const ahead = (to - from) >>> 0;
  return ahead < FARTHEST_AHEAD ? ahead : ahead - MODULUS;
}

/** The sequence number `bytes` (any whole number below 2^53) after `sequence`, as a signed 32-bit integer. */
export function sequenceAfter(sequence: number, bytes: number): number {
  return (sequence + bytes) | 0;
}

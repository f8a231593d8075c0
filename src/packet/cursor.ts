/** What a layer says about its header. A number, so that nothing is allocated and nothing thrown for a packet. */
export const OK = 0;
/** The link layer carries something else than IPv4 or IPv6. */
export const NOT_IP = 1;
/** IP, but neither TCP nor a tunnel that is unwrapped. */
export const NOT_TCP = 2;
/** The capture cut the packet inside a header. */
export const TRUNCATED = 3;
/** The packet contradicts itself: a length or version that cannot be. */
export const MALFORMED = 4;
/** An IP fragment; the rest of its datagram is elsewhere. */
export const FRAGMENT = 5;

/**
 * The place in a packet that one layer hands to the next. One object per decoder, used again for each packet: each layer
 * moves `at` behind its own header and may pull in the two ends.
 */
export class Cursor {
  bytes: Uint8Array = new Uint8Array(0);
  /** Index in `bytes` of the next header. */
  at = 0;
  /** Index behind the last captured byte that belongs to the layer. */
  end = 0;
  /** Where the layer ends on the wire, as an index on the same scale: more than `end` when the packet was snapped. */
  wireEnd = 0;
  /** IP version of the header at `at` (4 or 6), set by whatever carries IP. */
  version = 0;
  /** IP protocol number of the header at `at`, set by the IP layer. */
  protocol = 0;
  /** VLAN id of the outermost tag, or 0. */
  vlan = 0;

  /** Set together with the outcome FRAGMENT: IP identification, position in the datagram in bytes, "more fragments". */
  fragmentId = 0;
  fragmentOffset = 0;
  moreFragments = false;

  /** Why `size` bytes from `at` are not there: cut by the capture, or never on the wire. Call only when they are not. */
  missing(size: number): number {
    return this.at + size <= this.wireEnd ? TRUNCATED : MALFORMED;
  }

  /** Moves behind a header of `size` bytes when all of it, at least, was captured. */
  skip(size: number): number {
    if (this.at + size > this.end) return this.missing(size);
    this.at += size;
    return OK;
  }
}

/** Big-endian 16-bit number; the caller has checked that it is there. */
export function readUint16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

/** Big-endian 32-bit number as a signed int; the caller has checked that it is there. */
export function readInt32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}

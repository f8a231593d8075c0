import type { Endpoint } from './network.js';

/**
 * What a network lets a tap see: for one end of a connection, everything that leaves it and reaches it on the wire, when it does. The
 * simulated network knows that exactly; of real sockets some of it (the ACKs of the kernel, its windows) is supposed.
 */

/** `refuse`: the answer to a SYN that nobody listens for. */
export type WireKind = 'syn' | 'syn-ack' | 'ack' | 'data' | 'fin' | 'rst' | 'refuse';

/** One thing that TCP sends; a tap makes one packet of it, or several when the bytes do not fit in one. */
export interface WireItem {
  readonly kind: WireKind;
  /** Empty unless the kind is data. Borrowed: valid until the call returns. */
  readonly bytes: Uint8Array;
  /** How much of the other direction its sender has: bytes since the SYN, and one more when they include the FIN. */
  readonly acknowledged: number;
  /** Bytes that its sender's kernel takes beyond those. */
  readonly window: number;
}

export interface WireWatcher {
  /** In the order of time. out: leaves the watched end; in: reaches it. */
  passed(way: 'out' | 'in', item: WireItem): void;
}

/** Which end of a connection is watched. */
export type WireRole = 'connecting' | 'accepting';

export interface WireObserver {
  /**
   * An end of a connection comes to be: a connecting one as its SYN leaves, an accepting one as the SYN comes.
   * @param otherEndToo of a connecting end: the accepting one is of the same network and will be reported as well.
   * @returns who watches this end, or null when it is of no interest.
   */
  connection(local: Endpoint, remote: Endpoint, role: WireRole, otherEndToo: boolean): WireWatcher | null;
}

export const NO_BYTES: Uint8Array = new Uint8Array(0);

/**
 * µs that a kernel waits with an ACK of its own, for data to carry it. Real ones wait up to 40 ms when data comes in small pieces;
 * with a short wait an ACK tells when the bytes came.
 */
export const ACK_DELAY = 40;

import type { BatchBuffer } from './batch.js';
import type { CaptureFacts } from './types.js';

/**
 * Bytes one record or block may have. libpcap and dumpcap save at most 262,144 bytes of a packet; 16 MiB leaves room for
 * writers of their own making and for pcapng's secrets and name blocks. A larger number is taken for a damaged length,
 * which keeps one wrong bit from making a reader collect gigabytes.
 */
export const MAX_RECORD_BYTES = 16 * 1024 * 1024;

/** Link types that `CaptureFacts.linkTypes` lists; a real capture has one to three. */
const MAX_LINK_TYPES = 64;

/** Why reading ended when the input stops inside a record. */
export const CUT_SHORT = 'the last record is cut short';

/** Turns the bytes behind a file's header into packets; does no I/O of its own. */
export interface CaptureDecoder {
  /** Bytes, from where `decode` stopped, without which the next call cannot get further. */
  readonly needed: number;
  /** Set when `decode` stopped at a record that cannot be right; what is wrong, as a sentence. */
  readonly problem: string | null;
  /**
   * Appends the packets in `bytes[from, to)` to the batch until it is full, the bytes end or a record is damaged.
   * @returns index of the first byte that was not consumed: there begins the next, an incomplete or the damaged record.
   */
  decode(bytes: Uint8Array, from: number, to: number, batch: BatchBuffer): number;
}

/** Notes a link type in the facts unless it is there already. */
export function noteLinkType(facts: CaptureFacts, linkType: number): void {
  const known = facts.linkTypes;
  if (known.length < MAX_LINK_TYPES && !known.includes(linkType)) known.push(linkType);
}

/** The sentence about a length that cannot be right. */
export function damagedLength(length: number): string {
  return `a record says that it has ${length.toLocaleString('en-US')} bytes, its length is damaged`;
}

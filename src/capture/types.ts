/** File format of a capture, as the summary document names it. */
export type CaptureFormat = 'pcap' | 'pcapng' | 'live';

/** Why a capture ended early, and where: everything before `position` was read and analysed. */
export interface CaptureProblem {
  /** What is wrong, as a sentence without the file name, e.g. `the last record is cut short`. */
  readonly message: string;
  /** Byte position in the (decompressed) input at which reading stopped. */
  readonly position: number;
}

/** What a reader knows of its capture besides the packets. Filled while it reads; final after the last batch. */
export interface CaptureFacts {
  /** Path as given by the user, or `-`. */
  source: string;
  format: CaptureFormat;
  /** Link types met so far: LINKTYPE_ numbers of the pcap registry, in order of appearance. */
  linkTypes: number[];
  /** Packets the kernel dropped, where the format tells it (pcapng interface statistics); null: not told. */
  kernelDrops: number | null;
  /** Set when the input ended or broke inside a record. */
  problem: CaptureProblem | null;
}

/**
 * Packets that share one block of memory, as parallel arrays so that no object is made per packet. Borrowed: valid until the
 * reader's next `next()`.
 */
export interface PacketBatch {
  readonly bytes: Uint8Array;
  readonly count: number;
  /** Index in `bytes` of the first captured byte of packet i. */
  readonly start: Int32Array;
  /** Index in `bytes` behind the last captured byte of packet i. */
  readonly end: Int32Array;
  /** Bytes packet i had on the wire; more than `end - start` when it was snapped. */
  readonly originalLength: Float64Array;
  /** LINKTYPE_ number of the pcap registry (https://www.tcpdump.org/linktypes.html). */
  readonly linkType: Int32Array;
  /** Integer microseconds since the epoch. */
  readonly time: Float64Array;
}

/** Pull interface of every packet source: files, pipes, live backends. */
export interface CaptureReader {
  readonly facts: CaptureFacts;
  /** The next packets, at least one, or null at the end. Never throws for damaged content: see `facts.problem`. */
  next(): Promise<PacketBatch | null>;
  close(): Promise<void>;
}

/** The input cannot be analysed at all: no such file, unreadable, empty, or not a capture. */
export class CaptureError extends Error {
  override readonly name = 'CaptureError';
}

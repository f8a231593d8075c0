/** Every bound of the TCP layer, with its reason. Times are µs, sizes bytes. */
export interface TcpLimits {
  /**
   * Connections remembered at once; one of an ordinary client takes about 1.2 KB, and servers take 10,000 clients unless told otherwise.
   * Closed ones stay, to know late segments as such.
   */
  readonly maxConnections: number;
  /** Out-of-order payload kept per direction: a receive window of a fast link, 64 frames of 64 KiB on loopback. */
  readonly maxReorderBytes: number;
  /** Out-of-order pieces kept per direction: bounds the cost of an insertion when the pieces are tiny. */
  readonly maxReorderPieces: number;
  /** Out-of-order payload of all connections together, bookkeeping included. */
  readonly maxReorderBytesTotal: number;
}

export const DEFAULT_TCP_LIMITS: TcpLimits = {
  maxConnections: 65_536,
  maxReorderBytes: 4 * 1024 * 1024,
  maxReorderPieces: 4096,
  maxReorderBytesTotal: 64 * 1024 * 1024,
};

/** What a buffered piece takes besides its bytes (object, array header); so that a million empty pieces do not look free. */
export const REORDER_PIECE_OVERHEAD = 256;

/** Connections in one hash bucket: chains stay near 1, so a longer one is made on purpose (chosen ports) or by a miracle. */
export const MAX_CHAIN = 64;

/**
 * The two directions of a capture are not strictly ordered (several queues, several interfaces, a loopback device): an ACK may be
 * captured before what it covers, an answer before its question, data before the SYN. What comes early waits so long (µs) for what
 * it follows; after that, bytes that an ACK covers are lost to the capture. Packets of one device differ by less than a timer tick.
 */
export const EARLY_GRACE_US = 200_000;
/** Segments, and bytes of them, that wait in one connection, and bytes in all of them; beyond it the oldest waits no longer. */
export const MAX_HELD_SEGMENTS = 1024;
export const MAX_HELD_BYTES = 256 * 1024;
export const MAX_HELD_BYTES_TOTAL = 32 * 1024 * 1024;
/** What a waiting segment takes besides its payload. */
export const HELD_SEGMENT_OVERHEAD = 400;

/** No window is larger (RFC 7323, 2.3): an ACK farther ahead of all that is known belongs to something else. */
export const MAX_WINDOW = 0x4000_0000;

/** When the capture has one direction only, no ACK can prove a hole: bytes above it, or their age, decide. */
export const ONE_WAY_BYTES = 256 * 1024;
export const ONE_WAY_US = 1_000_000;

/**
 * A hole filled within this time of the newest data was filled by a late original, later than that by a retransmission:
 * Wireshark's rule of thumb (packet-tcp.c, 3 ms).
 */
export const OUT_OF_ORDER_US = 3_000;

/** Copies made by the capture follow each other at once; a retransmission takes a round trip and gets a new IP id. */
export const DUPLICATE_WINDOW_US = 10_000;
/** The same when the IP id tells nothing (IPv6, or 0 as on Linux with DF): only what no round trip explains. */
export const DUPLICATE_WINDOW_NO_ID_US = 1_000;
/** Packets remembered for that, all connections together; a power of two. */
export const DUPLICATE_SLOTS = 4096;

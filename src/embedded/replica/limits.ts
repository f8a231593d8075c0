import { MILLISECOND, SECOND } from '../net/clock.js';

/** Bytes of a payload: it is collected whole before it is loaded. */
export const MAX_PAYLOAD_BYTES = 256 * 1024 * 1024;

/**
 * Bytes of the stream kept until they can be applied (second connection loading, stalled); beyond, the link stops reading. Servers keep
 * up to the replica output buffer limit, 256 MB.
 */
export const MAX_WAITING_STREAM_BYTES = 64 * 1024 * 1024;

/** Bytes of a transaction kept until its EXEC; one more and the link is given up. */
export const MAX_TRANSACTION_BYTES = 64 * 1024 * 1024;

/** Bytes of a reply line or payload header, as the buffer servers read it into. */
export const MAX_LINE_BYTES = 1024;

/** Facts kept in a link's log: an hour of ACKs, and some 10,000 reconnects. */
export const MAX_LOG_FACTS = 100_000;

/** The servers' replication cron, µs. */
export const CRON_PERIOD = SECOND;

/** What a server that reconnects at once takes for it, µs: 190 in the capture 23-aborted-transfer of 7.2.6. */
export const RECONNECT_TIME = 200;

/** From thawing until what has piled up is handled, µs: the process reads what the kernel kept before it looks at its timers. */
export const THAW_TIME = 10 * MILLISECOND;

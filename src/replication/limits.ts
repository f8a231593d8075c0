/** Requests waiting for their replies on one connection; a replica pipelines six (Valkey 9). Older ones are forgotten beyond it. */
export const MAX_PENDING_REPLIES = 64;

/** Replies kept that were captured before their requests: the two directions of a device are out of order by microseconds. */
export const MAX_EARLY_REPLIES = 4;

/** PING, AUTH and HELLO after which a connection that announces nothing is an ordinary client (a health check). */
export const MAX_GREETINGS = 8;

/** PSYNC and SYNC kept of one connection; a replica sends two, a loop on one connection is hostile. */
export const MAX_SYNCS_PER_SESSION = 64;

/** Capabilities kept of one handshake, and characters kept of any announced text. */
export const MAX_CAPABILITIES = 32;
export const MAX_TEXT = 256;

/** Events held back until a connection is known to be a link (its handshake commands). */
export const MAX_HELD_EVENTS = 64;

/** Sessions kept of one link with all their facts: a replica in a reconnect loop makes thousands a second. */
export const MAX_SESSIONS_PER_LINK = 20_000;

/** Of a link that has that many, its first ones stay, and so many after them make room at once for those that come. */
export const KEPT_FIRST_SESSIONS = 1000;
export const FORGOTTEN_SESSIONS = 1000;

/** Sessions kept of all links together, some 2 KB each. */
export const MAX_SESSIONS = 100_000;

/** Links kept. Beyond it further ones are counted and not followed. */
export const MAX_LINKS = 10_000;

/** Databases listed of one session (a server has 16 by default). */
export const MAX_DATABASES = 1024;

/**
 * Payloads of which auxiliary fields and biggest keys are kept, some 10 KB each: a replica that cannot load what it is sent is sent
 * it again, ten times a second. Of further ones the counts are kept.
 */
export const MAX_DETAILED_PAYLOADS = 2000;

/** Auxiliary fields kept of one payload, and characters of each: servers write about ten, the longest a replication id. */
export const MAX_AUX_SHOWN = 32;
export const MAX_AUX_TEXT = 256;

/** Bytes held of a command whose bytes are wanted as they are; servers take values of 512 MB, but nobody sends many of those. */
export const MAX_HELD_COMMAND_BYTES = 64 * 1024 * 1024;

/** Arguments and bytes of each that a `stream.command` event carries. */
export const MAX_EVENT_ARGUMENTS = 32;
export const MAX_EVENT_ARGUMENT_BYTES = 256;

/**
 * When `lag.high` and `lag.recovered` are told: age of the oldest unacknowledged byte, µs. Replicas acknowledge once a second, so five
 * seconds are several ACKs missed or a replica that far behind.
 */
export const LAG_HIGH_US = 5_000_000;
export const LAG_RECOVERED_US = 1_500_000;

/**
 * A replica has caught up once nothing that it has not acknowledged is older than this when it speaks, ms: what is on its way at that
 * moment is younger.
 */
export const CAUGHT_UP_MS = 100;

/** ACKs of different offsets that must agree on an inferred start offset before it is called exact. */
export const AGREEING_ACKS = 2;

/** Defects of ours that are kept as text for the report. */
export const MAX_INTERNAL_ERRORS = 4;

/** Commands from this size on are noticed, and every so many deletions of single keys (src/analysis/findings decides what that means). */
export const NOTICED_COMMAND_BYTES = 256 * 1024;
export const NOTICED_DELETES = 100;

/** Bytes of stream offset that are hashed as one: what a difference is narrowed down to. */
export const BLOCK_BYTES = 4096;

/** Blocks remembered of one stream, the latest: a sibling may be this far (64 MiB) behind and is still compared. */
export const MAX_BLOCKS = 16_384;

/** Streams of one history that are compared with each other; the oldest is forgotten beyond. */
export const MAX_STREAMS = 64;

/** Histories (replication ids) followed; the oldest is forgotten beyond. */
export const MAX_HISTORIES = 256;

/** Pairs of links whose comparison is kept; further ones are not compared. */
export const MAX_PAIRS = 1000;

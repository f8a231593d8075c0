/**
 * Bounds of a request. The servers' own are 1,048,576 arguments (2^31 - 1 since 7.0) and 512 MB a bulk; the pair is a small one, and
 * what it takes it keeps in memory.
 */
export const MAX_REQUEST_ARGUMENTS = 1024 * 1024;
export const MAX_BULK_BYTES = 16 * 1024 * 1024;
export const MAX_REQUEST_BYTES = 64 * 1024 * 1024;

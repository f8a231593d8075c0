/** Bounds of the embedded data set: it serves demos and tests, and has to stay small whatever a client sends. */

/** Keys of all databases together. */
export const MAX_KEYS = 1 << 18;
/** Bytes of one key, string value, element, member or field. */
export const MAX_STRING_BYTES = 16 * 1024 * 1024;
/** Elements of one list, set, hash, sorted set or stream. */
export const MAX_ELEMENTS = 1 << 18;

/** Databases of a server unless configured. */
export const DEFAULT_DATABASES = 16;

/** Expiries beyond this (ms since the epoch, some 285,000 years on) cannot be told exactly in a number: refused. */
export const MAX_EXPIRY = Number.MAX_SAFE_INTEGER;

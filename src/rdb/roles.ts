/**
 * What a token of a layout means. A token without a meaning at the decoder's level has NONE and is skipped. The first group is
 * wanted at every level, the rest only at level 'elements'.
 */
export const NONE = 0;
/** The count that is the number of elements of the value. */
export const ELEMENTS = 1;
export const KEY = 2;
export const AUX_NAME = 3;
export const AUX_VALUE = 4;
export const DATABASE = 5;
export const SIZE_KEYS = 6;
export const SIZE_EXPIRES = 7;
export const EXPIRE_SECONDS = 8;
export const EXPIRE_MS = 9;
export const IDLE_SECONDS = 10;
export const FREQUENCY = 11;
export const FUNCTION_SOURCE = 12;
export const AUX_MODULE_ID = 13;
export const AUX_MODULE_MARK = 14;
export const AUX_MODULE_WHEN = 15;
export const STREAM_NODE_KEY = 16;

/** Roles from here on are details. */
export const FIRST_DETAIL = 32;
export const STRING_VALUE = 32;
export const LIST_VALUE = 33;
export const SET_MEMBER = 34;
export const ZSET_MEMBER = 35;
export const ZSET_SCORE = 36;
export const HASH_FIELD = 37;
/** Ends its pair. */
export const HASH_VALUE = 38;
/** Followed by HASH_EXPIRY. */
export const HASH_VALUE_FIRST = 39;
/** Absolute ms behind the pair, -1: none. */
export const HASH_EXPIRY = 40;
/** Absolute ms before the pair, 0: none. */
export const HASH_TTL_ABSOLUTE = 41;
/** ms + 1 after HASH_LEAST_EXPIRY, before the pair, 0: none. */
export const HASH_TTL_RELATIVE = 42;
export const HASH_LEAST_EXPIRY = 43;
/** Pairs in a packed container. */
export const HASH_PAIRS = 44;
/** Field, value and absolute ms (0: none) in a packed container. */
export const HASH_TRIPLES = 45;
export const ARRAY_INDEX = 46;
export const ARRAY_VALUE = 47;
export const MODULE_ID = 48;
export const MODULE_VALUE = 49;
export const STREAM_NODE = 50;
/** Numbers of the stream itself; the two halves of an id follow each other. */
export const STREAM_LAST_ID = 51;
export const STREAM_FIRST_ID = 52;
export const STREAM_MAX_DELETED_ID = 53;
export const STREAM_ADDED = 54;
export const GROUP_NAME = 55;
export const GROUP_LAST_ID = 56;
/** Ends the head of a group: entries read. */
export const GROUP_READ = 57;
export const GROUP_PENDING_ID = 58;
export const GROUP_PENDING_TIME = 59;
export const GROUP_PENDING_COUNT = 60;
export const CONSUMER_NAME = 61;
export const CONSUMER_SEEN = 62;
export const CONSUMER_ACTIVE = 63;
export const CONSUMER_PENDING_ID = 64;
export const GROUP_NACKED_ID = 65;
export const PRODUCER_NAME = 66;
export const PRODUCER_ENTRY = 67;
export const PRODUCER_ID = 68;

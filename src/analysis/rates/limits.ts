/** Rows counted apart of one link: names, databases or prefixes. Beyond it the smallest make room (SpaceSaving). */
export const MAX_ROWS = 1024;

/** Links whose shares are counted; of further ones the rates alone are. Some 150 KB each at most. */
export const MAX_TABLES = 256;

/** Bytes of a key prefix that are kept; longer ones with the same beginning are one. */
export const MAX_PREFIX_BYTES = 64;

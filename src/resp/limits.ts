/** A request may have this many arguments: the largest multibulk count any server accepts (2^31 - 1 since 7.0, authenticated). */
export const MAX_ARGUMENTS = 2147483647;

/** Longest digits of a length that is still exact in a double (2^53 has 16 digits). */
export const MAX_LENGTH_DIGITS = 15;

/** Longest inline request, as PROTO_INLINE_MAX_SIZE of the servers (64 KiB). */
export const MAX_INLINE_BYTES = 64 * 1024;

/** Bytes kept of a command that comes in several spans: enough for the name, its subcommand and the keys one line shows. */
export const KEPT_COMMAND_BYTES = 4096;

/** Bytes kept of a reply line. Servers' own lines stay under 256; longer ones are cut, not refused. */
export const KEPT_REPLY_BYTES = 1024;

/** Longest command name (with its subcommand) that is counted under its own name. */
export const MAX_NAME_BYTES = 48;

/** Different command names counted apart; hostile streams cannot make the table grow further. */
export const MAX_NAMES = 2048;

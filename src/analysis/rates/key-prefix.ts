import { readArguments } from '../../resp/arguments.js';
import { MAX_PREFIX_BYTES } from './limits.js';

/** Rows that are no prefix. Prefixes are Latin-1, a character a byte, so nothing on the wire looks like these. */
export const NO_KEY = '\u0100no key';
export const NO_PREFIX = '\u0100no prefix';

/** Commands of replication streams without a key; those with a subcommand by their first word. */
export const KEYLESS = new Set(
  [
    '(other) PING SELECT MULTI EXEC DISCARD REPLCONF PUBLISH SPUBLISH FLUSHALL FLUSHDB SWAPDB SCRIPT FUNCTION',
    'ACL AUTH HELLO CLIENT CLUSTER CONFIG COMMAND DEBUG MODULE LATENCY PUBSUB SENTINEL SLOWLOG RREPLAY WAIT',
  ].flatMap((names) => names.split(' ')),
);

/** Where the first key stands when it is not the first argument. */
export const KEY_AT = new Map([
  ['XGROUP', 2],
  ['XINFO', 2],
  ['OBJECT', 2],
  ['MEMORY', 2],
  ['BITOP', 2],
  ['EVAL', 3],
  ['EVALSHA', 3],
  ['FCALL', 3],
  ['MIGRATE', 3],
]);

/** Number of keys before the first one: `EVAL script 0 …` has none. */
const KEYS_COUNTED_AT = 2;
const ZERO = 0x30;

/**
 * The prefix of a command's first key, up to and with the first separator, as Latin-1; NO_KEY or NO_PREFIX where there is none. A command
 * with several keys counts by its first one.
 * @param name in upper case, with its subcommand. The command's beginning is bytes[from, to).
 */
export function prefixOf(
  name: string,
  bytes: Uint8Array,
  from: number,
  to: number,
  separator: Uint8Array,
): string {
  const blank = name.indexOf(' ');
  const word = blank < 0 ? name : name.slice(0, blank);
  if (KEYLESS.has(word)) return NO_KEY;
  const at = KEY_AT.get(word) ?? 1;
  const { ranges } = readArguments(bytes, from, to, at + 1);
  const start = ranges[at * 2];
  const end = ranges[at * 2 + 1];
  if (start === undefined || end === undefined) return NO_KEY;
  const counted = at === 3 && word !== 'MIGRATE' ? ranges[KEYS_COUNTED_AT * 2] : undefined;
  if (counted !== undefined && bytes[counted] === ZERO) return NO_KEY;
  const key = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start);
  const found = key.indexOf(separator);
  if (found < 0) return NO_PREFIX;
  return key.toString('latin1', 0, Math.min(found + separator.length, MAX_PREFIX_BYTES));
}

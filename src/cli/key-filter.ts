import type { RdbKey } from '../rdb/sink.js';

/** Which keys are listed; what is left out does not matter. */
export interface KeyFilterOptions {
  /** Patterns as KEYS and SCAN take them; one must fit. */
  match?: readonly string[] | undefined;
  /** Logical types. */
  types?: readonly string[] | undefined;
  databases?: readonly number[] | undefined;
}

/** True for the keys that all of the options want. */
export function keyFilter({ match, types, databases }: KeyFilterOptions): (key: RdbKey) => boolean {
  const patterns = match?.map((pattern) => Buffer.from(pattern, 'utf8'));
  return (key) =>
    (databases === undefined || databases.includes(key.db)) &&
    (types === undefined || types.includes(key.type)) &&
    (patterns === undefined || patterns.some((pattern) => globMatches(pattern, key.key)));
}

const STAR = 0x2a;
const ANY = 0x3f;
const OPEN = 0x5b;
const CLOSE = 0x5d;
const CARET = 0x5e;
const DASH = 0x2d;
const ESCAPE = 0x5c;

/**
 * True when the pattern fits all of `text`, by the rules of the servers' stringmatchlen: `*`, `?`, `[a-z]`, `[^a]`, `\` before a
 * character that is meant as such; a class without its end goes to the pattern's end. Bytes are compared, so `?` is one byte. Goes
 * back to the last star only, so that no pattern takes more than the product of both lengths.
 */
export function globMatches(pattern: Uint8Array, text: Uint8Array): boolean {
  let p = 0;
  let t = 0;
  let starAt = -1;
  let starText = 0;
  while (t < text.length) {
    if (p < pattern.length && pattern[p] === STAR) {
      starAt = p++;
      starText = t;
      continue;
    }
    const next = p < pattern.length ? matchOne(pattern, p, text[t]!) : -1;
    if (next >= 0) {
      p = next;
      t++;
    } else if (starAt >= 0) {
      p = starAt + 1;
      t = ++starText;
    } else return false;
  }
  while (p < pattern.length && pattern[p] === STAR) p++;
  return p === pattern.length;
}

/** Index behind the pattern's element at `p` when that fits the byte, else -1. */
function matchOne(pattern: Uint8Array, p: number, byte: number): number {
  switch (pattern[p]) {
    case ANY:
      return p + 1;
    case OPEN:
      return matchClass(pattern, p + 1, byte);
    case ESCAPE:
      if (p + 1 < pattern.length) return pattern[p + 1] === byte ? p + 2 : -1;
      return byte === ESCAPE ? p + 1 : -1;
    default:
      return pattern[p] === byte ? p + 1 : -1;
  }
}

function matchClass(pattern: Uint8Array, from: number, byte: number): number {
  let p = from;
  const negated = pattern[p] === CARET;
  if (negated) p++;
  let found = false;
  for (; p < pattern.length && pattern[p] !== CLOSE; p++) {
    if (pattern[p] === ESCAPE && p + 1 < pattern.length) {
      if (pattern[++p] === byte) found = true;
    } else if (p + 2 < pattern.length && pattern[p + 1] === DASH) {
      const [a, b] = [pattern[p]!, pattern[p + 2]!];
      if (Math.min(a, b) <= byte && byte <= Math.max(a, b)) found = true;
      p += 2;
    } else if (pattern[p] === byte) found = true;
  }
  return found === negated ? -1 : Math.min(p + 1, pattern.length);
}

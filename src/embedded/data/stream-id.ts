/**
 * Stream ids as one number of 128 bits, milliseconds in the upper half and the sequence number in the lower: they compare as such,
 * and the next id is one more.
 */
export type StreamId = bigint;

const HALF = 64n;
const HALF_MASK = (1n << HALF) - 1n;

export const LEAST_ID: StreamId = 0n;
export const GREATEST_ID: StreamId = (1n << (2n * HALF)) - 1n;

export function makeId(ms: bigint, seq: bigint): StreamId {
  return (ms << HALF) | seq;
}

export function msOf(id: StreamId): bigint {
  return id >> HALF;
}

export function seqOf(id: StreamId): bigint {
  return id & HALF_MASK;
}

/** As replies and commands have it: `ms-seq`. */
export function idText(id: StreamId): string {
  return `${msOf(id)}-${seqOf(id)}`;
}

/** Half of an id. Servers take leading zeros and a plus sign. @returns null when the text is none */
export function parseHalf(text: string): bigint | null {
  if (!/^\+?\d{1,40}$/.test(text)) return null;
  const value = BigInt(text.replace('+', ''));
  return value > HALF_MASK ? null : value;
}

/**
 * Reads `ms-seq`, or `ms` alone, whose sequence number is then missingSeq.
 * @returns null when the text is no id
 */
export function parseId(text: string, missingSeq = 0n): StreamId | null {
  const dash = text.indexOf('-');
  const ms = parseHalf(dash < 0 ? text : text.slice(0, dash));
  const seq = dash < 0 ? missingSeq : parseHalf(text.slice(dash + 1));
  return ms === null || seq === null ? null : makeId(ms, seq);
}

/** The greatest sequence number: what the end of a range means when it leaves it out. */
export const MAX_SEQ = HALF_MASK;

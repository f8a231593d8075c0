/**
 * Sizes and durations as people write them. Sizes have the units of a server's configuration (memtoull in its source): k, m, g are
 * powers of 1000, kb, mb, gb of 1024, in any case; KiB, MiB, GiB too.
 */
const SIZE_UNITS: Record<string, number> = {
  b: 1,
  k: 1000,
  kb: 1024,
  kib: 1024,
  m: 1000 ** 2,
  mb: 1024 ** 2,
  mib: 1024 ** 2,
  g: 1000 ** 3,
  gb: 1024 ** 3,
  gib: 1024 ** 3,
};

const DURATION_UNITS: Record<string, number> = {
  us: 0.001,
  µs: 0.001,
  ms: 1,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** A number with at most this many digits before its point is exact enough for any of them. */
const AMOUNT = /^(\d{1,15}(?:\.\d{1,9})?)\s*([a-zµ]*)$/i;

/** What a number counts. */
export type Unit = 'bytes' | 'ms' | 'count';

export const UNIT_HINTS: Record<Unit, string> = {
  bytes: 'a size such as 16384, 64kb or 1mb',
  ms: 'a duration such as 250ms, 5s or 2m',
  count: 'a number',
};

/** The same as regular expressions, for editors (schema/assertions.schema.json). */
export const SIZE_PATTERN = patternOf(SIZE_UNITS, '?');
export const DURATION_PATTERN = patternOf(DURATION_UNITS, '');

/** Of an amount and one of the units, in any case. `many`: `?` when it goes without. */
function patternOf(units: Record<string, number>, many: '?' | ''): string {
  const anyCase = (unit: string): string =>
    unit.replace(/[a-z]/g, (letter) => `[${letter}${letter.toUpperCase()}]`);
  return `^\\s*\\d{1,15}(\\.\\d{1,9})?\\s*(${Object.keys(units).map(anyCase).join('|')})${many}\\s*$`;
}

/** Bytes of `64mb`, `1gb`, `16384`; null when it is no size. */
export function parseBytes(text: string): number | null {
  return amount(text, SIZE_UNITS, 'b');
}

/** Milliseconds of `250ms`, `5s`, `2m`; null when it is no duration. A bare number has no unit, and is none. */
export function parseMs(text: string): number | null {
  return amount(text, DURATION_UNITS, null);
}

/** A number of this unit, as a file has it: a plain number, or one with its unit. null when it is none. */
export function parseQuantity(value: unknown, unit: Unit): number | null {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value !== 'string') return null;
  if (unit === 'bytes') return parseBytes(value);
  return unit === 'ms' ? parseMs(value) : null;
}

function amount(text: string, units: Record<string, number>, bare: string | null): number | null {
  const match = AMOUNT.exec(text.trim());
  if (match === null) return null;
  const name = match[2] === '' ? bare : match[2]!.toLowerCase();
  const factor = name === null || !Object.hasOwn(units, name) ? undefined : units[name];
  return factor === undefined ? null : Number(match[1]) * factor;
}

import type { Unit } from './units.js';

/**
 * Shapes of the documents that assertions speak of: which fields there are, and what a number counts. With them an unknown field is an
 * error before anything is read, and `64kb` means something. Every value may be null besides: not known from the capture.
 */
export type Shape =
  | { readonly kind: 'number'; readonly unit: Unit }
  | { readonly kind: 'text'; readonly values: readonly string[] | null }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'list'; readonly of: Shape }
  /** Names are data, such as those of commands. */
  | { readonly kind: 'map'; readonly of: Shape }
  | { readonly kind: 'object'; readonly fields: Fields }
  | { readonly kind: 'any' };

export type Fields = Readonly<Record<string, Shape>>;

export const ANY: Shape = { kind: 'any' };
export const COUNT: Shape = { kind: 'number', unit: 'count' };
export const BYTES: Shape = { kind: 'number', unit: 'bytes' };
export const MS: Shape = { kind: 'number', unit: 'ms' };
export const TEXT: Shape = { kind: 'text', values: null };
/** ISO 8601, as the documents have it. */
export const TIME: Shape = { kind: 'text', values: null };
export const BOOLEAN: Shape = { kind: 'boolean' };

export function oneOf(...values: string[]): Shape {
  return { kind: 'text', values };
}

export function list(of: Shape): Shape {
  return { kind: 'list', of };
}

export function map(of: Shape): Shape {
  return { kind: 'map', of };
}

/** The shape of a document type: a field that the type does not have is an error of the compiler. */
export function object<T>(fields: { readonly [K in keyof T]?: Shape }): Shape & { kind: 'object' } {
  return { kind: 'object', fields: fields as Fields };
}

/** Most names that a message offers. */
const MOST_OFFERED = 12;

/** `did you mean "fullResyncs"?`, or the names there are. */
export function suggestion(name: string, known: readonly string[]): string {
  const lower = name.toLowerCase();
  const ranked = known
    .map((each) => ({ each, distance: editDistance(lower, each.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  if (best !== undefined && best.distance <= Math.max(1, Math.floor(name.length / 3)))
    return `did you mean "${best.each}"?`;
  const more = known.length > MOST_OFFERED ? ', …' : '';
  return `there are: ${known.slice(0, MOST_OFFERED).join(', ')}${more}`;
}

/** Longer names are not compared letter by letter. */
const LONGEST_NAME = 64;

/** Levenshtein distance of two short words. */
function editDistance(a: string, b: string): number {
  if (a.length > LONGEST_NAME || b.length > LONGEST_NAME) return LONGEST_NAME;
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}

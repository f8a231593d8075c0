import type { PackedKind } from './packed.js';
import { FIRST_DETAIL, NONE } from './roles.js';

// Kinds of steps. A layout is a list of them, the walker runs it.
/** A string. */
export const STRING = 0;
/** A length of any 64 bits. */
export const NUMBER = 1;
/** A length that counts, up to 2^53; the next LOOP repeats so often. */
export const COUNT = 2;
/** `size` raw bytes. */
export const BYTES = 3;
/** A score as ASCII text behind its one-byte length (rdb-format.md 5, type 3). */
export const ASCII_SCORE = 4;
/** Repeat the steps up to NEXT as often as the last COUNT said; when that was 0, jump over them. */
export const LOOP = 5;
export const NEXT = 6;
/** A string that is a packed container; `size` entries are one element (0: they are not counted). */
export const PACKED = 7;
/** A length, 1 (PLAIN) or 2 (PACKED): what the next NODE holds. */
export const CONTAINER = 8;
export const NODE = 9;
/** Values of a module, each behind its opcode (rdb-format.md 7). */
export const MODULE = 10;
/** A length; when it is 0, jump. */
export const OPTION = 11;
/** A length, 0 to 3: what the next VARIANT is (rdb-format.md 5, type 28). */
export const TAG = 12;
export const VARIANT = 13;

/** One step. All have the same fields, so that the walker's access to them stays fast. */
export interface Step {
  readonly kind: number;
  readonly role: number;
  /** Bytes, entries an element, or steps to jump, by kind. */
  readonly size: number;
  readonly packed: PackedKind | null;
}

export type Layout = readonly Step[];

function step(kind: number, role: number, size = 0, packed: PackedKind | null = null): Step {
  return { kind, role, size, packed };
}

export const string = (role = NONE): Layout => [step(STRING, role)];
export const number = (role = NONE): Layout => [step(NUMBER, role)];
export const count = (role = NONE): Layout => [step(COUNT, role)];
export const bytes = (size: number, role = NONE): Layout => [step(BYTES, role, size)];
export const asciiScore = (role: number): Layout => [step(ASCII_SCORE, role)];
export const moduleValues = (role = NONE): Layout => [step(MODULE, role)];
export const container = (): Layout => [step(CONTAINER, NONE)];
export const tag = (): Layout => [step(TAG, NONE)];
export const variant = (role: number): Layout => [step(VARIANT, role)];

/** A packed container of which `entries` entries are one element. */
export const packed = (kind: PackedKind, entries: number, role: number): Layout => [
  step(PACKED, role, entries, kind),
];

/** A list node: one plain element, or a listpack of them. */
export const node = (role: number): Layout => [step(NODE, role, 1, 'listpack')];

/** The layouts one after another, as often as the last count said. */
export function loop(...layouts: Layout[]): Layout {
  const body = layouts.flat();
  return [step(LOOP, NONE, body.length + 2), ...body, step(NEXT, NONE, -body.length)];
}

/** A count of elements or the like, and so many times the layouts. */
export function repeat(role: number, ...layouts: Layout[]): Layout {
  return [...count(role), ...loop(...layouts)];
}

/** A length, and the layouts unless it is 0. */
export function option(...layouts: Layout[]): Layout {
  const body = layouts.flat();
  return [step(OPTION, NONE, body.length + 1), ...body];
}

/** The layout without what only level 'elements' wants. */
export function withoutDetails(layout: Layout): Layout {
  return layout.map((each) => (each.role < FIRST_DETAIL ? each : { ...each, role: NONE }));
}

/** The layout with `role` skipped. */
export function without(layout: Layout, role: number): Layout {
  return layout.map((each) => (each.role === role ? { ...each, role: NONE } : each));
}

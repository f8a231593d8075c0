import { memberPath } from '../cel/paths.js';
import type { Shape } from '../shape.js';
import { parseQuantity, type Unit } from '../units.js';

/** Where a value is not what a pattern says. */
export interface Mismatch {
  readonly path: string;
  readonly value: unknown;
  /** `1`, `at most 1mb`, `one of a, b`: continues "expected". */
  readonly expected: string;
}

/** Mismatches that one comparison gathers at most. */
const MAX_MISMATCHES = 64;

/**
 * Compares a value with a pattern that its schema (schema.ts) accepted. A value that is null, not known from the capture, is what no
 * pattern asks for but null itself.
 * @param path Of the value, for what is told; '' for one whose fields are told by their names.
 */
export function compare(pattern: unknown, shape: Shape, value: unknown, path: string): Mismatch[] {
  const out: Mismatch[] = [];
  match(pattern, shape, value, path, out);
  return out;
}

function match(pattern: unknown, shape: Shape, value: unknown, path: string, out: Mismatch[]): void {
  if (out.length >= MAX_MISMATCHES) return;
  const differs = (expected: string): void => void out.push({ path, value, expected });
  if (pattern === null) {
    if (value !== null && value !== undefined) differs('null');
    return;
  }
  switch (shape.kind) {
    case 'number':
      matchNumber(pattern, shape.unit, value, differs);
      return;
    case 'text':
      matchText(pattern, value, differs);
      return;
    case 'boolean':
    case 'any':
      if (value !== pattern) differs(String(pattern));
      return;
    case 'list':
      matchList(pattern, shape.of, value, path, out);
      return;
    default: {
      if (typeof value !== 'object' || value === null) {
        differs('not null');
        return;
      }
      for (const [name, inner] of Object.entries(pattern as object)) {
        const of = shape.kind === 'map' ? shape.of : shape.fields[name]!;
        const field = Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
        match(inner, of, field, path === '' ? name : memberPath(path, name), out);
      }
    }
  }
}

function matchNumber(
  pattern: unknown,
  unit: Unit,
  value: unknown,
  differs: (expected: string) => void,
): void {
  const isRange = typeof pattern === 'object';
  if (typeof value !== 'number') {
    const isExcluded = isRange && (pattern as { not?: unknown }).not === null;
    differs(isExcluded ? 'not null' : numberText(pattern));
    return;
  }
  if (!isRange) {
    if (value !== parseQuantity(pattern, unit)) differs(numberText(pattern));
    return;
  }
  const { min, max, above, below, not, oneOf } = pattern as Record<string, unknown>;
  const bound = (limit: unknown): number => parseQuantity(limit, unit)!;
  const isInside =
    (min === undefined || value >= bound(min)) &&
    (max === undefined || value <= bound(max)) &&
    (above === undefined || value > bound(above)) &&
    (below === undefined || value < bound(below)) &&
    (not === undefined || not === null || value !== bound(not)) &&
    (oneOf === undefined || (oneOf as unknown[]).some((each) => bound(each) === value));
  if (!isInside) differs(numberText(pattern));
}

/** A number or a range in words. */
function numberText(pattern: unknown): string {
  if (typeof pattern !== 'object' || pattern === null) return String(pattern);
  const { min, max, above, below, not, oneOf } = pattern as Record<string, unknown>;
  const parts: string[] = [];
  if (min !== undefined) parts.push(`at least ${min}`);
  if (max !== undefined) parts.push(`at most ${max}`);
  if (above !== undefined) parts.push(`above ${above}`);
  if (below !== undefined) parts.push(`below ${below}`);
  if (not !== undefined) parts.push(`not ${not}`);
  if (oneOf !== undefined) parts.push(`one of ${(oneOf as unknown[]).join(', ')}`);
  return parts.join(' and ');
}

function matchText(pattern: unknown, value: unknown, differs: (expected: string) => void): void {
  if (typeof pattern === 'string') {
    if (value !== pattern) differs(JSON.stringify(pattern));
    return;
  }
  const { like, oneOf, not } = pattern as { like?: string; oneOf?: string[]; not?: string | null };
  if (like !== undefined && !(typeof value === 'string' && isLike(value, like)))
    differs(`like ${JSON.stringify(like)}`);
  if (oneOf !== undefined && !oneOf.some((each) => each === value))
    differs(`one of ${oneOf.map((each) => JSON.stringify(each)).join(', ')}`);
  // Not known is not something else either.
  if (not !== undefined && (value === not || value === null || value === undefined))
    differs(`not ${JSON.stringify(not)}`);
}

/** Does a text fit a pattern in which `*` stands for anything? In linear time but for the number of stars. */
export function isLike(text: string, pattern: string): boolean {
  const parts = pattern.split('*');
  if (parts.length === 1) return text === pattern;
  const first = parts[0]!;
  const last = parts.at(-1)!;
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length)
    return false;
  let from = first.length;
  const end = text.length - last.length;
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, from);
    if (found === -1 || found + part.length > end) return false;
    from = found + part.length;
  }
  return true;
}

function matchList(pattern: unknown, of: Shape, value: unknown, path: string, out: Mismatch[]): void {
  if (!Array.isArray(value)) {
    out.push({ path, value, expected: 'a list' });
    return;
  }
  const size = (expected: string): void =>
    void out.push({ path: `${path}.size()`, value: value.length, expected });
  if (Array.isArray(pattern)) {
    if (pattern.length !== value.length) size(String(pattern.length));
    pattern.slice(0, value.length).forEach((each, index) => {
      match(each, of, value[index], `${path}[${index}]`, out);
    });
    return;
  }
  const { every, some, none, size: wanted } = pattern as Record<string, unknown>;
  if (wanted !== undefined) matchNumber(wanted, 'count', value.length, size);
  if (every !== undefined) {
    // All of nothing would be a pass on nothing.
    if (value.length === 0) size('at least 1');
    value.forEach((item, index) => void match(every, of, item, `${path}[${index}]`, out));
  }
  if (none !== undefined)
    value.forEach((item, index) => {
      const at = `${path}[${index}]`;
      if (compare(none, of, item, at).length === 0)
        out.push({ path: at, value: item, expected: 'none such' });
    });
  if (some !== undefined) matchSome(some, of, value, path, out);
}

/** None fits: told of the one that is nearest to it. */
function matchSome(
  pattern: unknown,
  of: Shape,
  items: readonly unknown[],
  path: string,
  out: Mismatch[],
): void {
  let nearest: Mismatch[] | null = null;
  for (const [index, item] of items.entries()) {
    const mismatches = compare(pattern, of, item, `${path}[${index}]`);
    if (mismatches.length === 0) return;
    if (nearest === null || mismatches.length < nearest.length) nearest = mismatches;
  }
  if (nearest === null) out.push({ path: `${path}.size()`, value: 0, expected: 'at least 1' });
  else out.push(...nearest);
}

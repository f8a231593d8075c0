import type { FailureDocument } from '../report/check/check-document.js';
import { EvaluationProblem } from './cel/errors.js';
import { emptyFilters, explain, MAX_PLACES, type Place } from './cel/explain.js';
import type { Expression } from './cel/expression.js';
import { compare, type Mismatch } from './pattern/compare.js';
import { failureAt, type Surroundings } from './places.js';
import { SUMMARY_SHAPE } from './summary-shape.js';

/** Outcome of a test of the summary document. */
export interface Outcome {
  /** At most MAX_FAILURES; none when it holds. */
  readonly failures: FailureDocument[];
  readonly count: number;
}

export const MAX_FAILURES = MAX_PLACES;

const HOLDS: Outcome = { failures: [], count: 0 };

/** Is the expression true of the document? What cannot be evaluated is not. */
export function testExpression(expression: Expression, around: Surroundings): Outcome {
  const { document } = around;
  let problem: string | null = null;
  try {
    const value = expression.evaluate(document);
    if (value === true) return ofNothing(expression, around);
    if (value !== false) problem = 'the expression is neither true nor false';
  } catch (error) {
    if (!(error instanceof EvaluationProblem)) throw error;
    problem = error.message;
  }
  const { places, count } = explain(expression, document);
  const failures = places.map((place, index) => ofPlace(place, index === 0 ? problem : null, around));
  if (failures.length === 0) failures.push(failureAt(problem ?? 'it is false', [], [], around));
  return { failures, count: Math.max(count, failures.length) };
}

/** An expression that is true because a filter left no link to speak of does not pass. */
function ofNothing(expression: Expression, around: Surroundings): Outcome {
  const empty = emptyFilters(expression, around.document);
  if (empty.length === 0) return HOLDS;
  const failures = empty.map((filter) =>
    failureAt(`nothing to check: ${filter} is empty`, [], ['links[0]'], around),
  );
  return { failures: failures.slice(0, MAX_FAILURES), count: failures.length };
}

function ofPlace(
  { at, values, notes }: Place,
  problem: string | null,
  around: Surroundings,
): FailureDocument {
  const told = [...notes, ...values.map(({ path, value }) => `${path} is ${valueText(value)}`)];
  const unknown = values.find(({ value }) => value === null);
  if (problem !== null && unknown === undefined) told.unshift(problem);
  const message =
    told.join(', ') + (unknown !== undefined && problem !== null ? ' (not known from this capture)' : '');
  const paths = [...values.map(({ path }) => path), at];
  return failureAt(
    message,
    values.map(({ path, value }) => ({ path, value })),
    paths,
    around,
  );
}

/** Does the document match the pattern? */
export function testPattern(pattern: unknown, around: Surroundings): Outcome {
  const mismatches = compare(pattern, SUMMARY_SHAPE, around.document, '');
  const failures = mismatches.slice(0, MAX_FAILURES).map((mismatch) => {
    const values = [{ path: mismatch.path, value: shortened(mismatch.value) }];
    return failureAt(mismatchText(mismatch), values, [mismatch.path], around);
  });
  return { failures, count: mismatches.length };
}

/** `links[0].fullResyncs is 2, not 1`. */
export function mismatchText({ path, value, expected }: Mismatch): string {
  const isUnknown = value === null || value === undefined;
  const unknown = isUnknown && expected !== 'not null' ? ' (not known from this capture)' : '';
  if (expected === 'none such') return `${path} is one of those that must not be`;
  return `${path} is ${valueText(value)}, ${expected.startsWith('not ') ? 'which must not be' : `not ${expected}`}${unknown}`;
}

/** A value in a message: numbers and words as they are, anything bigger by what it is. */
export function valueText(value: unknown): string {
  if (value === undefined) return 'missing';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'there';
  return typeof value === 'bigint' ? String(value) : JSON.stringify(value);
}

function shortened(value: unknown): unknown {
  if (value === undefined) return null;
  return typeof value === 'object' && value !== null ? valueText(value) : value;
}

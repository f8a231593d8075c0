import type { CheckSeverity } from '../report/check/check-document.js';
import type { Expression } from './cel/expression.js';
import type { Sequence } from './events/sequence.js';

/** One thing that is asserted, ready to be checked. */
export interface Assertion {
  readonly name: string;
  readonly description: string | null;
  readonly severity: CheckSeverity;
  /** What is asserted, on one line, for people. */
  readonly rule: string;
  /** Where it stands; null: on the command line. */
  readonly file: string | null;
  readonly line: number | null;
  /** Skipped unless this is true. */
  readonly when: Expression | null;
  /** Only links whose id contains this; null: all. */
  readonly link: string | null;
  readonly test: Test;
}

export type Test =
  | { readonly kind: 'expr'; readonly expression: Expression }
  | { readonly kind: 'pattern'; readonly pattern: unknown }
  | { readonly kind: 'events'; readonly sequence: Sequence };

/** Names an expression may start from: the parts of the summary document. */
export const ROOTS = ['capture', 'ignored', 'limits', 'links', 'siblings', 'findings'] as const;

/** An expression that cannot be used. `start` and `end` are positions in it; null where no place is to blame. */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError';
  constructor(
    message: string,
    readonly start: number | null = null,
    readonly end: number | null = start,
  ) {
    super(message);
  }
}

/** An expression that could not be evaluated on this document. */
export class EvaluationProblem extends Error {
  override readonly name = 'EvaluationProblem';
}

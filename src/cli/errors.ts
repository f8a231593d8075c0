/** The command line cannot be understood: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The input was read, but not as far as `--strict` wants: exit code 3. */
export class InputProblem extends Error {
  override readonly name = 'InputProblem';
}

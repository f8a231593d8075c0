// What goes wrong with assertion files, apart from what reads them: who catches these need not load a parser.

/** Place of something in a file, both from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** What is wrong with an assertion file. */
export interface Problem extends Position {
  readonly message: string;
}

/** An assertion file that cannot be used. Its message has one line a problem: `rules.yaml:3:5: unknown key …`. */
export class AssertionFileError extends Error {
  override readonly name = 'AssertionFileError';
  constructor(
    readonly file: string,
    readonly problems: readonly Problem[],
  ) {
    super(problems.map(({ line, column, message }) => `${file}:${line}:${column}: ${message}`).join('\n'));
  }
}

/** An assertion file that is not there or cannot be read. */
export class UnreadableAssertions extends Error {
  override readonly name = 'UnreadableAssertions';
}

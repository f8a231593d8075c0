import { LiveError } from '../capture/live/types.js';
import { CaptureError } from '../capture/types.js';
import { escapeText } from '../report/escape.js';
import { InputProblem, UsageError } from './errors.js';
import { keepHeapSmall } from './heap.js';
import { guardOutput, outputProblem } from './output.js';
import { withRemedies } from './remedies.js';

/** Exit codes of the program: docs/output-contract.md. */
const EXIT_USAGE = 2;
const EXIT_INPUT = 3;

/** Characters of a line of a message. */
const MAX_LINE = 4000;

/** Runs the program with its arguments (without node and script) and sets the exit code. */
export async function main(args: string[]): Promise<void> {
  guardOutput();
  keepHeapSmall();
  try {
    const { buildParser } = await import('./parser.js');
    await buildParser(args).parseAsync();
    const problem = outputProblem();
    if (problem !== null) throw problem;
  } catch (error) {
    if (error instanceof UsageError) fail(error.message, EXIT_USAGE);
    else if (error instanceof LiveError)
      fail(withRemedies(error.message, error.problem.remedies), EXIT_INPUT);
    else if (error instanceof CaptureError || error instanceof InputProblem) fail(error.message, EXIT_INPUT);
    else throw error;
  }
}

/** What a message repeats may be anything that was typed. */
function fail(message: string, code: number): void {
  const lines = message.split('\n').map((line) => escapeText(line, MAX_LINE));
  process.stderr.write(`psyncscope: ${lines.join('\n')}\n`);
  process.exitCode = code;
}

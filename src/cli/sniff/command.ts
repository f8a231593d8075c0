import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { InputProblem } from '../errors.js';

/** As shells have it: ended by signal n. */
const SIGNAL_BASE = 128;

/**
 * Runs a command with our input and output, and waits for its end. SIGINT of the terminal reaches it as it reaches us; SIGTERM is
 * passed on.
 * @returns its exit code, 128 + n when signal n ended it.
 * @throws InputProblem when it cannot be run.
 */
export function runCommand(command: readonly string[]): Promise<number> {
  const [file = '', ...args] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: 'inherit' });
    const pass = (): void => {
      child.kill('SIGTERM');
    };
    process.on('SIGTERM', pass);
    child.once('error', (error) => {
      process.off('SIGTERM', pass);
      reject(new InputProblem(`${file}: cannot be run: ${error.message}`));
    });
    child.once('close', (code, signal) => {
      process.off('SIGTERM', pass);
      resolve(code ?? SIGNAL_BASE + (signal === null ? 0 : constants.signals[signal]));
    });
  });
}

import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { escapeText } from '../../report/escape.js';
import { InputProblem } from '../errors.js';

/** As shells have it: ended by signal n. */
const SIGNAL_BASE = 128;

/** Characters of the command's name that a message repeats. */
const MAX_NAME = 200;

/** A command that runs with our input and output. */
export class RunningCommand {
  /** Its exit code, 128 + n when signal n ended it. Rejects with an InputProblem when it cannot be run. */
  readonly ended: Promise<number>;
  readonly #child: ChildProcess;

  constructor(command: readonly string[]) {
    const [file = '', ...args] = command;
    const child = spawn(file, args, { stdio: 'inherit' });
    this.#child = child;
    this.ended = new Promise((resolve, reject) => {
      child.once('error', (error) => {
        reject(new InputProblem(`${escapeText(file, MAX_NAME)}: cannot be run: ${error.message}`));
      });
      child.once('close', (code, signal) => resolve(code ?? signalCode(signal)));
    });
  }

  /** A signal that we were sent. SIGINT of a terminal has reached the command already. */
  pass(signal: NodeJS.Signals): void {
    if (signal !== 'SIGINT' || process.stdin.isTTY !== true) this.#child.kill(signal);
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}

/** Exit code of who was ended by a signal. */
export function signalCode(signal: NodeJS.Signals | null): number {
  return SIGNAL_BASE + (signal === null ? 0 : constants.signals[signal]);
}

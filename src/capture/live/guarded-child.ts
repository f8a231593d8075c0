import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';

/**
 * Becomes the program, and leaves a process behind that waits for a line on descriptor 3. When that descriptor ends without one, we are
 * dead, by SIGKILL even, and the program is killed: a capture without traffic would not notice its broken pipe for days. Within the
 * brackets $$ is the number of the outer shell, which is the program from `exec` on. (prctl's PR_SET_PDEATHSIG does not do here: the
 * kernel clears it for a program that has file capabilities, and when tcpdump changes its user.)
 */
const GUARD = `(read -r line <&3 || kill -9 $$) >/dev/null 2>&1 3<&3 &
exec "$@" 3<&-`;

/** A child that does not outlive us, and that Ctrl-C in the terminal does not reach: who stops it is us. */
export class GuardedChild {
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves when it is gone and its outputs are read: how it ended, as a verb, and null for exit code 0. */
  readonly closed: Promise<string | null>;
  readonly #child: ChildProcess;
  readonly #guard: Writable;
  readonly #input: Writable | null;
  #gone = false;

  /** @param hasInput false: its standard input is empty. */
  constructor(file: string, args: readonly string[], hasInput = false) {
    const child = spawn('/bin/sh', ['-c', GUARD, 'sh', file, ...args], {
      stdio: [hasInput ? 'pipe' : 'ignore', 'pipe', 'pipe', 'pipe'],
      detached: true,
      // Its messages are read.
      env: { ...process.env, LC_ALL: 'C', LANGUAGE: 'C' },
    });
    this.#child = child;
    this.stdout = child.stdout!;
    this.stderr = child.stderr!;
    this.#guard = child.stdio[3] as Writable;
    this.#guard.on('error', () => {});
    this.#input = child.stdin;
    this.#input?.on('error', () => {});
    this.closed = new Promise((resolve) => {
      child.on('error', (error) => {
        this.#gone = true;
        resolve(`cannot be started: ${error.message}`);
      });
      child.on('exit', () => {
        this.#gone = true;
        this.#guard.end('\n');
      });
      child.on('close', (code, signal) => resolve(howItEnded(code, signal)));
    });
  }

  /** A line for its standard input; none while it has not taken the last one. */
  tell(line: string): void {
    if (this.#input?.writableLength === 0) this.#input.write(`${line}\n`);
  }

  endInput(): void {
    this.#input?.end();
  }

  /** Does nothing when it is gone. */
  signal(signal: NodeJS.Signals): void {
    if (!this.#gone) this.#child.kill(signal);
  }
}

function howItEnded(code: number | null, signal: NodeJS.Signals | null): string | null {
  if (signal !== null) return `was ended by ${signal}`;
  return code === 0 ? null : `ended with exit code ${code}`;
}

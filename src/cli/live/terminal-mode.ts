import { writeSync } from 'node:fs';
import type { ReadStream, WriteStream } from 'node:tty';

/**
 * The terminal as a full-screen view needs it, and the way back, which is taken whatever ends the program: quitting, a signal, a
 * defect. Only SIGKILL leaves the terminal as it is.
 */

/** Alternate screen, cursor hidden, no wrapping at the last column (XTerm Control Sequences, DECSET 1049, 25, 7). */
const ENTER = '\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J';
const LEAVE = '\x1b[?7h\x1b[?25h\x1b[0m\x1b[?1049l';

const ENDING_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;
type EndingSignal = (typeof ENDING_SIGNALS)[number];

/** A terminal's output; its descriptor is written to directly when there is no time for a stream. */
export type TerminalOutput = WriteStream & { fd: number };

export interface TerminalHooks {
  /** A signal ends the program, the terminal is as it was. Others who listen to the signal go on to do their part. */
  ended: () => void;
  /** Back on the screen after a suspension: everything is to be drawn again. */
  resumed: () => void;
}

export class TerminalMode {
  readonly #input: ReadStream;
  readonly #output: TerminalOutput;
  readonly #hooks: TerminalHooks;
  /** Signals that somebody listened to before us: who listens decides what becomes of the program. */
  #heard = new Set<EndingSignal>();
  #isOn = false;

  constructor(input: ReadStream, output: TerminalOutput, hooks: TerminalHooks) {
    this.#input = input;
    this.#output = output;
    this.#hooks = hooks;
  }

  get isOn(): boolean {
    return this.#isOn;
  }

  enter(): void {
    if (this.#isOn) return;
    this.#heard = new Set(ENDING_SIGNALS.filter((signal) => process.listenerCount(signal) > 0));
    for (const signal of ENDING_SIGNALS) process.on(signal, this.#end);
    process.on('SIGTSTP', this.suspend);
    process.on('SIGCONT', this.#resume);
    // Comes after an uncaught error too, before Node prints it.
    process.on('exit', this.#restore);
    this.#turnOn();
  }

  /** Back to what it was. Safe to call twice. */
  leave(): void {
    this.#restore();
    for (const signal of ENDING_SIGNALS) process.off(signal, this.#end);
    process.off('SIGTSTP', this.suspend);
    process.off('SIGCONT', this.#resume);
    process.off('exit', this.#restore);
  }

  /** Stops the program as Ctrl-Z does elsewhere, with the terminal as it was meanwhile. */
  readonly suspend = (): void => {
    if (!this.#isOn) return;
    this.#restore();
    process.kill(process.pid, 'SIGSTOP');
  };

  /** Also after a stop that we had no part in: the shell has used the terminal meanwhile. */
  readonly #resume = (): void => {
    if (this.#isOn) this.#input.setRawMode(false);
    this.#turnOn();
    this.#hooks.resumed();
  };

  readonly #end = (signal: NodeJS.Signals): void => {
    this.leave();
    this.#hooks.ended();
    const others = process.listenerCount(signal) > 0 || this.#heard.has(signal as EndingSignal);
    // Without a listener left the signal does what it always does.
    if (!others) process.kill(process.pid, signal);
  };

  #turnOn(): void {
    this.#isOn = true;
    this.#input.setRawMode(true);
    this.#input.resume();
    this.#output.write(ENTER);
  }

  readonly #restore = (): void => {
    if (!this.#isOn) return;
    this.#isOn = false;
    try {
      this.#input.setRawMode(false);
      this.#input.pause();
      // At once: the process may end before a stream gets to write.
      writeSync(this.#output.fd, LEAVE);
    } catch {
      // The terminal has gone: nobody is left to restore it for.
    }
  };
}

import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { noteOutputClosed } from '../output.js';

/** Where text goes that must never be waited for: while nobody reads it, packets are still to be taken from the kernel. */
export interface TextSink {
  write(text: string): void;
  /** Bytes that are not taken yet. */
  readonly waiting: number;
  /** Resolves when all is taken, or nobody is left to take it. */
  drained(): Promise<void>;
  /** Forgets what is not taken. */
  discard(): void;
}

/** How often a terminal that was full is tried again, ms. */
const RETRY_MS = 20;

/** Standard output: a terminal is written to without waiting, a pipe is so by itself, and a file takes everything. */
export function standardOutput(): TextSink {
  if (process.stdout.isTTY === true) {
    const descriptor = openTerminal();
    if (descriptor !== null) return new TerminalSink(descriptor);
  }
  return new StreamSink(process.stdout);
}

/**
 * The terminal once more, with a file description of its own that may be set not to wait: Node's stream to a terminal waits
 * (Ctrl-S, a connection that is stuck). Null where there is no /proc or the terminal is somebody else's, after `su`.
 */
function openTerminal(): number | null {
  try {
    return openSync('/proc/self/fd/1', constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return null;
  }
}

class StreamSink implements TextSink {
  readonly #stream: NodeJS.WriteStream;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  get waiting(): number {
    return this.#stream.writableLength;
  }

  write(text: string): void {
    this.#stream.write(text);
  }

  drained(): Promise<void> {
    return new Promise((resolve) => {
      if (this.waiting === 0 || this.#stream.destroyed) return resolve();
      this.#stream.write('', () => resolve());
    });
  }

  /** A stream keeps what it was given. */
  discard(): void {}
}

/** A descriptor that does not wait. */
export class TerminalSink implements TextSink {
  waiting = 0;
  readonly #descriptor: number;
  #chunks: Buffer[] = [];
  #timer: NodeJS.Timeout | null = null;
  #isGone = false;
  #whenDrained: (() => void)[] = [];

  /** @param descriptor opened with O_NONBLOCK; it is closed when it fails. */
  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  write(text: string): void {
    if (this.#isGone) return;
    const chunk = Buffer.from(text);
    this.#chunks.push(chunk);
    this.waiting += chunk.length;
    if (this.#timer === null) this.#pass();
  }

  drained(): Promise<void> {
    return new Promise((resolve) => {
      if (this.waiting === 0) resolve();
      else this.#whenDrained.push(resolve);
    });
  }

  discard(): void {
    this.#chunks = [];
    this.waiting = 0;
    this.#settle();
  }

  #pass(): void {
    try {
      for (let chunk = this.#chunks[0]; chunk !== undefined; chunk = this.#chunks[0]) {
        const taken = writeSync(this.#descriptor, chunk);
        this.waiting -= taken;
        if (taken === chunk.length) this.#chunks.shift();
        else this.#chunks[0] = chunk.subarray(taken);
      }
      this.#settle();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') {
        this.#timer = setTimeout(() => {
          this.#timer = null;
          this.#pass();
        }, RETRY_MS);
        return;
      }
      this.#isGone = true;
      closeSync(this.#descriptor);
      this.discard();
      noteOutputClosed();
    }
  }

  #settle(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    for (const resolve of this.#whenDrained.splice(0)) resolve();
  }
}

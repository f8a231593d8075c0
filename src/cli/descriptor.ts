import { writeSync } from 'node:fs';

const STANDARD_OUTPUT = 1;
/** How long a full pipe is left to its reader, ms. */
const PAUSE_MS = 2;

const sleeper = new Int32Array(new SharedArrayBuffer(4));

/**
 * Writes all of `bytes` to a file descriptor before it returns. A stream of Node takes whatever it is given and holds what a slow
 * reader does not fetch: output that may be larger than memory goes this way instead.
 * @returns false when nobody reads the pipe any more.
 * @throws what writing throws besides (a full disk).
 */
export function writeFully(descriptor: number, bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(descriptor, bytes, at, bytes.length - at);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EPIPE') return false;
      if (code !== 'EAGAIN') throw error;
      Atomics.wait(sleeper, 0, 0, PAUSE_MS);
    }
  }
  return true;
}

/** Bytes gathered before they are written. */
const BUFFER_BYTES = 64 * 1024;

/** A file descriptor with a buffer before it. */
export class BufferedDescriptor {
  /** Nobody reads it any more. */
  closed = false;
  readonly #descriptor: number;
  readonly #buffer = new Uint8Array(BUFFER_BYTES);
  #length = 0;

  constructor(descriptor = STANDARD_OUTPUT) {
    this.#descriptor = descriptor;
  }

  write(bytes: Uint8Array): void {
    if (this.#length + bytes.length > BUFFER_BYTES) this.flush();
    if (bytes.length > BUFFER_BYTES) this.#put(bytes);
    else {
      this.#buffer.set(bytes, this.#length);
      this.#length += bytes.length;
    }
  }

  flush(): void {
    this.#put(this.#buffer.subarray(0, this.#length));
    this.#length = 0;
  }

  #put(bytes: Uint8Array): void {
    if (!this.closed && !writeFully(this.#descriptor, bytes)) this.closed = true;
  }
}

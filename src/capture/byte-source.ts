import type { FileHandle } from 'node:fs/promises';
import type { Readable } from 'node:stream';

/** Where the bytes of a capture come from. One `read` at a time. */
export interface ByteSource {
  /**
   * Puts up to `length` bytes at `into[offset]`, as many as there are at once; waits only while there are none.
   * @returns how many; 0 at the end, and after `close`. Rejects when the rest cannot be read.
   */
  read(into: Uint8Array, offset: number, length: number): Promise<number>;
  /** Lets go of the file or stream; a `read` that waits then ends with 0. May be called twice. */
  close(): Promise<void>;
}

/** A regular file, read in order. */
export class FileSource implements ByteSource {
  readonly #handle: FileHandle;
  #closed = false;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async read(into: Uint8Array, offset: number, length: number): Promise<number> {
    if (this.#closed) return 0;
    return (await this.#handle.read(into, offset, length, null)).bytesRead;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#handle.close();
  }
}

const NOTHING = new Uint8Array(0);

/** A Node stream: standard input, a pipe, the output of a child. It is read on demand, so its writer is held back. */
export class StreamSource implements ByteSource {
  readonly #stream: Readable;
  #rest: Uint8Array = NOTHING;
  #ended = false;
  #error: Error | null = null;
  #wake: () => void = () => {};

  constructor(stream: Readable) {
    this.#stream = stream;
    stream.on('readable', () => this.#wake());
    stream.on('end', () => this.#end(null));
    stream.on('close', () => this.#end(null));
    stream.on('error', (error) => this.#end(error));
  }

  async read(into: Uint8Array, offset: number, length: number): Promise<number> {
    while (this.#rest.length === 0) {
      const chunk: Uint8Array | null = this.#stream.read();
      if (chunk !== null) this.#rest = chunk;
      else if (this.#error !== null) throw this.#error;
      else if (this.#ended) return 0;
      else await this.#nextEvent();
    }
    const part = this.#rest.subarray(0, length);
    into.set(part, offset);
    this.#rest = this.#rest.subarray(part.length);
    return part.length;
  }

  async close(): Promise<void> {
    this.#rest = NOTHING;
    this.#end(null);
    this.#stream.destroy();
  }

  #nextEvent(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #end(error: Error | null): void {
    this.#ended = true;
    this.#error ??= error;
    this.#wake();
  }
}

/** Bytes in memory, for tests and for data that is there already. */
export class MemorySource implements ByteSource {
  readonly #bytes: Uint8Array;
  readonly #chunk: number;
  #at = 0;

  /** @param chunk bytes one `read` gives at most: a pipe that is slow to fill. */
  constructor(bytes: Uint8Array, chunk = Number.POSITIVE_INFINITY) {
    this.#bytes = bytes;
    this.#chunk = chunk;
  }

  async read(into: Uint8Array, offset: number, length: number): Promise<number> {
    const part = this.#bytes.subarray(this.#at, this.#at + Math.min(length, this.#chunk));
    into.set(part, offset);
    this.#at += part.length;
    return part.length;
  }

  async close(): Promise<void> {
    this.#at = this.#bytes.length;
  }
}

/** Lets the first bytes of a source be looked at before they are read. */
export class PeekSource implements ByteSource {
  readonly #source: ByteSource;
  #head: Uint8Array = NOTHING;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  /** The first `length` bytes that have not been read, fewer only at the end; they stay to be read. */
  async peek(length: number): Promise<Uint8Array> {
    if (this.#head.length >= length) return this.#head.subarray(0, length);
    const head = new Uint8Array(length);
    head.set(this.#head);
    let have = this.#head.length;
    while (have < length) {
      const got = await this.#source.read(head, have, length - have);
      if (got === 0) break;
      have += got;
      this.#head = head.subarray(0, have);
    }
    return this.#head;
  }

  async read(into: Uint8Array, offset: number, length: number): Promise<number> {
    if (this.#head.length === 0) return this.#source.read(into, offset, length);
    const part = this.#head.subarray(0, length);
    into.set(part, offset);
    this.#head = this.#head.subarray(part.length);
    return part.length;
  }

  close(): Promise<void> {
    this.#head = NOTHING;
    return this.#source.close();
  }
}

import { closeSync, openSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { BufferedDescriptor } from './descriptor.js';

/** Bytes that are compressed at once: a gzip file may have many members (RFC 1952, 2.2). */
const MEMBER_BYTES = 1024 * 1024;

/**
 * A file that is written as it comes: what write() was given is on the disk after flush(). Compressed when its name ends in .gz. Methods
 * throw what writing throws.
 */
export class RecordedFile {
  /** Bytes given to write(). */
  bytes = 0;
  readonly #descriptor: number;
  readonly #output: BufferedDescriptor;
  readonly #member: Uint8Array | null;
  #memberBytes = 0;

  constructor(path: string) {
    this.#descriptor = openSync(path, 'w');
    this.#output = new BufferedDescriptor(this.#descriptor);
    this.#member = path.endsWith('.gz') ? new Uint8Array(MEMBER_BYTES) : null;
  }

  write(bytes: Uint8Array): void {
    this.bytes += bytes.length;
    if (this.#member === null) {
      this.#output.write(bytes);
      return;
    }
    if (this.#memberBytes + bytes.length > MEMBER_BYTES) this.#compress(this.#member);
    if (bytes.length > MEMBER_BYTES) this.#output.write(gzipSync(bytes));
    else {
      this.#member.set(bytes, this.#memberBytes);
      this.#memberBytes += bytes.length;
    }
  }

  /** Ends the member of a compressed file: to be called seldom. */
  flush(): void {
    if (this.#member !== null) this.#compress(this.#member);
    this.#output.flush();
  }

  close(): void {
    try {
      this.flush();
    } finally {
      closeSync(this.#descriptor);
    }
  }

  #compress(member: Uint8Array): void {
    if (this.#memberBytes === 0) return;
    this.#output.write(gzipSync(member.subarray(0, this.#memberBytes)));
    this.#memberBytes = 0;
  }
}

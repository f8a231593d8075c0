import { MAX_WAITING_STREAM_BYTES } from './limits.js';

/** Where stream bytes wait while they cannot be applied. */
export class StreamInlet {
  readonly #feed: (bytes: Uint8Array) => void;
  #waiting: Uint8Array[] = [];
  #bytes = 0;
  #isOpen = false;

  /** @param feed takes the bytes when the inlet is open; they are borrowed. */
  constructor(feed: (bytes: Uint8Array) => void) {
    this.#feed = feed;
  }

  /** No more should be read from the master. */
  get isFull(): boolean {
    return this.#bytes > MAX_WAITING_STREAM_BYTES;
  }

  push(bytes: Uint8Array): void {
    if (this.#isOpen) this.#feed(bytes);
    else {
      this.#waiting.push(bytes.slice());
      this.#bytes += bytes.length;
    }
  }

  open(): void {
    this.#isOpen = true;
    while (this.#isOpen) {
      const bytes = this.#waiting.shift();
      if (bytes === undefined) return;
      this.#bytes -= bytes.length;
      this.#feed(bytes);
    }
  }

  close(): void {
    this.#isOpen = false;
  }
}

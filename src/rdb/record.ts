import type { RdbKey } from './sink.js';
import type { StringValue } from './string-value.js';
import { copyOf } from './text.js';
import type { RdbType } from './types.js';

const NO_BYTES = new Uint8Array(0);

/** The record being read: one object for all of them, shown to the sink as an RdbKey. */
export class KeyRecord implements RdbKey {
  db = 0;
  keyLength = 0;
  type: RdbType = 'string';
  typeId = 0;
  encoding = '';
  elements: number | null = null;
  bytes = 0;
  expiresAt: number | null = null;
  idle: number | null = null;
  freq: number | null = null;
  position = -1;
  cut = false;

  #bytes: Uint8Array = NO_BYTES;
  #from = 0;
  #to = 0;
  #borrowed = false;

  get key(): Uint8Array {
    return this.#bytes.subarray(this.#from, this.#to);
  }

  /** The key was read. One that stands in the span is copied only when the record outlives the span. */
  setKey(key: StringValue, span: Uint8Array): void {
    this.keyLength = key.length;
    this.#bytes = key.bytes;
    this.#from = key.from;
    this.#to = key.to;
    this.#borrowed = true;
    if (key.bytes !== span) this.keep();
  }

  /** The span goes away. */
  keep(): void {
    if (!this.#borrowed) return;
    this.#bytes = copyOf(this.#bytes, this.#from, this.#to);
    this.#to -= this.#from;
    this.#from = 0;
    this.#borrowed = false;
  }

  /** The record is over: the next one begins without attributes. */
  reset(): void {
    this.expiresAt = null;
    this.idle = null;
    this.freq = null;
    this.position = -1;
    this.#bytes = NO_BYTES;
    this.#from = 0;
    this.#to = 0;
    this.#borrowed = false;
    this.keyLength = 0;
  }
}

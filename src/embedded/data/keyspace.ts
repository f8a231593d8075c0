import type { Value } from './values.js';

/** One database: values and expiries (ms since the epoch) by key. */
export class Database {
  readonly #values = new Map<string, Value>();
  readonly #expiries = new Map<string, number>();

  get size(): number {
    return this.#values.size;
  }

  /** Number of keys with an expiry. */
  get expiring(): number {
    return this.#expiries.size;
  }

  get(key: string): Value | null {
    return this.#values.get(key) ?? null;
  }

  /** Sets the value; an expiry the key has stays. */
  set(key: string, value: Value): void {
    this.#values.set(key, value);
  }

  delete(key: string): boolean {
    this.#expiries.delete(key);
    return this.#values.delete(key);
  }

  expiry(key: string): number | null {
    return this.#expiries.get(key) ?? null;
  }

  /** at: ms since the epoch; null: the key stays for good. */
  setExpiry(key: string, at: number | null): void {
    if (at === null) this.#expiries.delete(key);
    else this.#expiries.set(key, at);
  }

  /** As servers have it: a key is still there in the very millisecond of its expiry. */
  isExpired(key: string, now: number): boolean {
    const at = this.#expiries.get(key);
    return at !== undefined && now > at;
  }

  keys(): IterableIterator<string> {
    return this.#values.keys();
  }

  entries(): IterableIterator<[string, Value]> {
    return this.#values.entries();
  }

  /** Keys that have an expiry. */
  expiringKeys(): IterableIterator<string> {
    return this.#expiries.keys();
  }

  clear(): void {
    this.#values.clear();
    this.#expiries.clear();
  }
}

import type { RdbKey } from './sink.js';
import { copyOf } from './text.js';

/** Bytes kept of the name of a key in a ranking: enough to tell it, whatever hostile names there are. */
const NAME_BYTES = 256;

/** A key in a ranking: the fields of RdbKey, with its name (its first bytes) copied. */
export interface RankedKey
  extends Pick<
    RdbKey,
    'db' | 'key' | 'keyLength' | 'type' | 'encoding' | 'elements' | 'bytes' | 'expiresAt' | 'position'
  > {}

interface Entry {
  value: number;
  key: RankedKey;
}

/**
 * The `limit` keys with the highest values, of any number that are offered. A heap with the least of them on top: most keys cost one
 * comparison. Of equal values the one offered first stays.
 */
export class TopKeys {
  readonly #limit: number;
  readonly #heap: Entry[] = [];
  /** Values up to here do not get in. */
  #least = 0;

  /** @param limit keys kept; 0 keeps none. */
  constructor(limit: number) {
    this.#limit = limit;
    if (limit === 0) this.#least = Number.POSITIVE_INFINITY;
  }

  /** Offers a key (borrowed) with its value, above 0; a NaN or null never gets in. */
  offer(value: number | null, key: RdbKey): void {
    if (value === null || !(value > this.#least)) return;
    const heap = this.#heap;
    const entry = { value, key: ranked(key) };
    if (heap.length < this.#limit) {
      heap.push(entry);
      this.#rise(heap.length - 1);
    } else {
      heap[0] = entry;
      this.#sink();
    }
    if (heap.length === this.#limit) this.#least = heap[0]!.value;
  }

  /** The keys, highest value first; equal ones in the order of the payload. */
  list(): RankedKey[] {
    return this.#heap.toSorted((a, b) => (isBelow(a, b) ? 1 : -1)).map(({ key }) => key);
  }

  #rise(index: number): void {
    const heap = this.#heap;
    let at = index;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBelow(heap[at]!, heap[parent]!)) return;
      [heap[at], heap[parent]] = [heap[parent]!, heap[at]!];
      at = parent;
    }
  }

  #sink(): void {
    const heap = this.#heap;
    let at = 0;
    for (;;) {
      let lowest = at;
      for (const child of [2 * at + 1, 2 * at + 2])
        if (child < heap.length && isBelow(heap[child]!, heap[lowest]!)) lowest = child;
      if (lowest === at) return;
      [heap[at], heap[lowest]] = [heap[lowest]!, heap[at]!];
      at = lowest;
    }
  }
}

/** True when `a` leaves before `b` does. */
function isBelow(a: Entry, b: Entry): boolean {
  return a.value < b.value || (a.value === b.value && a.key.position > b.key.position);
}

function ranked(key: RdbKey): RankedKey {
  const { db, keyLength, type, encoding, elements, bytes, expiresAt, position } = key;
  const name = copyOf(key.key, 0, Math.min(key.key.length, NAME_BYTES));
  return { db, key: name, keyLength, type, encoding, elements, bytes, expiresAt, position };
}

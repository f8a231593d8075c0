/** One counted key. `bytes` is never too low, and too high by at most `error`; `commands` are those since it was last taken in. */
export interface Counted {
  key: string;
  bytes: number;
  commands: number;
  error: number;
}

interface Entry extends Counted {
  /** Place in the heap. */
  at: number;
}

/**
 * The heaviest keys of a stream in bounded memory (Metwally, Agrawal, El Abbadi: Efficient computation of frequent and top-k elements in
 * data streams, 2005). While there are no more different keys than `capacity` everything is exact. Then a new key takes the place and the
 * count of the lightest one, which is its error: no key that has more than total/capacity bytes is missed, and no error is larger.
 */
export class SpaceSaving {
  /** Bytes and commands of all keys. */
  bytes = 0;
  commands = 0;
  readonly #capacity: number;
  readonly #entries = new Map<string, Entry>();
  /** The lightest entry first: a binary heap. */
  readonly #heap: Entry[] = [];
  #evicted = false;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** True while no key was forgotten. */
  get isExact(): boolean {
    return !this.#evicted;
  }

  add(key: string, bytes: number): void {
    this.bytes += bytes;
    this.commands++;
    let entry = this.#entries.get(key);
    if (entry !== undefined) {
      entry.bytes += bytes;
      entry.commands++;
      this.#sink(entry);
      return;
    }
    if (this.#heap.length < this.#capacity) {
      entry = { key, bytes, commands: 1, error: 0, at: this.#heap.length };
      this.#heap.push(entry);
      this.#entries.set(key, entry);
      this.#rise(entry);
      return;
    }
    entry = this.#heap[0]!;
    this.#evicted = true;
    this.#entries.delete(entry.key);
    Object.assign(entry, { key, commands: 1, error: entry.bytes, bytes: entry.bytes + bytes });
    this.#entries.set(key, entry);
    this.#sink(entry);
  }

  /** All that is counted, the heaviest first. */
  all(): Counted[] {
    return [...this.#entries.values()]
      .map(({ key, bytes, commands, error }) => ({ key, bytes, commands, error }))
      .sort((a, b) => b.bytes - a.bytes || (a.key < b.key ? -1 : 1));
  }

  #rise(entry: Entry): void {
    while (entry.at > 0) {
      const parent = this.#heap[(entry.at - 1) >> 1]!;
      if (parent.bytes <= entry.bytes) return;
      this.#swap(entry, parent);
    }
  }

  #sink(entry: Entry): void {
    for (;;) {
      const left = this.#heap[entry.at * 2 + 1];
      const right = this.#heap[entry.at * 2 + 2];
      const child = right !== undefined && right.bytes < left!.bytes ? right : left;
      if (child === undefined || child.bytes >= entry.bytes) return;
      this.#swap(entry, child);
    }
  }

  #swap(a: Entry, b: Entry): void {
    const { at } = a;
    a.at = b.at;
    b.at = at;
    this.#heap[a.at] = a;
    this.#heap[b.at] = b;
  }
}

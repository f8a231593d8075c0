/** What stands where something was overwritten: valid in text, in integers of any width, and in packed entries. */
export const FILLER = 0x78;

/** Places to overwrite in one capture. */
const MOST_PATCHES = 20_000_000;

/** There is more to overwrite than is held. */
export class TooManyPatches extends Error {}

/** Counts the places of all streams of a capture. */
export class PatchBudget {
  left = MOST_PATCHES;
}

/** Places of one byte stream that are to be overwritten, in the order in which they were found. */
export class Patches {
  readonly #budget: PatchBudget;
  readonly #from: number[] = [];
  readonly #to: number[] = [];
  /** What comes there; null: FILLER. */
  readonly #bytes: (Uint8Array | null)[] = [];
  #isSorted = true;
  /** The least beginning from each patch on: those that overlap are sorted by their ends. Made when it is first needed. */
  #leastFrom: Float64Array | null = null;

  constructor(budget: PatchBudget) {
    this.#budget = budget;
  }

  get count(): number {
    return this.#from.length;
  }

  /** Stream positions [from, to). @throws TooManyPatches */
  add(from: number, to: number, bytes: Uint8Array | null = null): void {
    if (to <= from) return;
    if (--this.#budget.left < 0) throw new TooManyPatches();
    if (this.count > 0 && from < this.#to.at(-1)!) this.#isSorted = false;
    this.#from.push(from);
    this.#to.push(to);
    this.#bytes.push(bytes);
    this.#leastFrom = null;
  }

  /** Overwrites in bytes[start, end), whose first byte is at stream position `position`. `changed` is told each index before. */
  apply(
    bytes: Uint8Array,
    start: number,
    end: number,
    position: number,
    changed: (index: number, value: number) => void,
  ): void {
    if (!this.#isSorted) this.#sort();
    this.#leastFrom ??= this.#beginnings();
    const last = position + end - start;
    for (let i = this.#firstBehind(position); i < this.count && this.#leastFrom[i]! < last; i++) {
      const from = this.#from[i]!;
      const by = this.#bytes[i]!;
      const to = Math.min(this.#to[i]!, last);
      for (let at = Math.max(from, position); at < to; at++) {
        const index = start + at - position;
        const value = by === null ? FILLER : by[at - from]!;
        if (bytes[index] !== value) changed(index, value);
      }
    }
  }

  /** Index of the first patch that ends behind `position`. */
  #firstBehind(position: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#to[middle]! <= position) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #beginnings(): Float64Array {
    const least = new Float64Array(this.count);
    let from = Number.POSITIVE_INFINITY;
    for (let i = this.count - 1; i >= 0; i--) {
      from = Math.min(from, this.#from[i]!);
      least[i] = from;
    }
    return least;
  }

  /** Those that overlap others come to lie in order of their ends. */
  #sort(): void {
    const order = this.#from.map((_, i) => i).sort((a, b) => this.#to[a]! - this.#to[b]!);
    for (const list of [this.#from, this.#to, this.#bytes] as unknown[][]) {
      const copy = order.map((i) => list[i]);
      copy.forEach((value, i) => {
        list[i] = value;
      });
    }
    this.#isSorted = true;
  }
}

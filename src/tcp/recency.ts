/**
 * How much is lost when a connection is forgotten; the lists are emptied in this order: closed ones, those that said nothing or that
 * nobody reads, ordinary and undecided ones, links.
 */
export const NOTHING_LOST = 0;
export const LITTLE_LOST = 1;
export const IN_USE = 2;
export const KEPT_LONGEST = 3;
export type RecencyList = typeof NOTHING_LOST | typeof LITTLE_LOST | typeof IN_USE | typeof KEPT_LONGEST;

const LISTS = 4;

/**
 * Four lists of items, each ordered by last use. Links are integers in typed arrays, so that moving an item at every packet
 * touches no other item's object.
 */
export class RecencyLists<T> {
  private next = new Int32Array(64);
  private previous = new Int32Array(64);
  /** Slots below LISTS are the list heads: `next` is the oldest item, `previous` the newest. */
  private readonly items: (T | null)[] = new Array<T | null>(LISTS).fill(null);
  private free = -1;

  constructor() {
    for (let head = 0; head < LISTS; head++) {
      this.next[head] = head;
      this.previous[head] = head;
    }
  }

  /** The item of a slot in use. */
  item(slot: number): T {
    return this.items[slot]!;
  }

  /** Adds an item as the newest of a list; returns its slot, at least LISTS, which names it. */
  add(item: T, list: RecencyList): number {
    let slot = this.free;
    if (slot >= 0) this.free = this.next[slot]!;
    else slot = this.items.length;
    if (slot >= this.next.length) {
      this.next = grown(this.next);
      this.previous = grown(this.previous);
    }
    this.items[slot] = item;
    this.append(slot, list);
    return slot;
  }

  /** Makes the item the newest of a list, which may be another one than before. */
  touch(slot: number, list: RecencyList): void {
    if (this.previous[list] === slot) return;
    this.unlink(slot);
    this.append(slot, list);
  }

  remove(slot: number): void {
    this.unlink(slot);
    this.items[slot] = null;
    this.next[slot] = this.free;
    this.free = slot;
  }

  /** The longest unused item of the first list that has one. */
  leastUseful(): T | null {
    for (let list = 0; list < LISTS; list++) {
      const slot = this.next[list]!;
      if (slot !== list) return this.items[slot]!;
    }
    return null;
  }

  all(): T[] {
    return this.items.filter((item): item is T => item !== null);
  }

  private append(slot: number, list: RecencyList): void {
    const newest = this.previous[list]!;
    this.next[newest] = slot;
    this.previous[slot] = newest;
    this.next[slot] = list;
    this.previous[list] = slot;
  }

  private unlink(slot: number): void {
    const before = this.previous[slot]!;
    const after = this.next[slot]!;
    this.next[before] = after;
    this.previous[after] = before;
  }
}

function grown(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(array.length * 2);
  larger.set(array);
  return larger;
}

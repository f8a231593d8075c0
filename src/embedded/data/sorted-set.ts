/** Members with scores, in the order of a sorted set: by score, then by the member's bytes. */
export class SortedSet {
  readonly #scores = new Map<string, number>();
  /** The members in order; null when it has to be made anew. */
  #order: [string, number][] | null = null;

  get size(): number {
    return this.#scores.size;
  }

  /** Undefined when there is no such member. */
  score(member: string): number | undefined {
    return this.#scores.get(member);
  }

  set(member: string, score: number): void {
    this.#scores.set(member, score);
    this.#order = null;
  }

  delete(member: string): boolean {
    this.#order = null;
    return this.#scores.delete(member);
  }

  /** Members and scores in order; not to be changed. */
  sorted(): readonly (readonly [string, number])[] {
    this.#order ??= [...this.#scores].sort(compare);
    return this.#order;
  }
}

/** Not by difference: two infinities have none. */
function compare([a, x]: [string, number], [b, y]: [string, number]): number {
  if (x !== y) return x < y ? -1 : 1;
  return a < b ? -1 : 1;
}

import { seededRandom } from '../../embedded/net/seeded-random.js';

/** What a fuzzer draws from one seed: the same seed draws the same. */
export class Draws {
  readonly #next: () => number;

  constructor(seed: number) {
    this.#next = seededRandom(seed);
  }

  /** 0 ≤ x < limit, an integer; 0 when there is nothing to choose from. */
  below(limit: number): number {
    return Math.floor(this.#next() * limit);
  }

  chance(probability: number): boolean {
    return this.#next() < probability;
  }

  one<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!;
  }

  /** Often small, sometimes up to `most`: how much of something to do. */
  few(most: number): number {
    return 1 + Math.floor(this.#next() ** 3 * most);
  }
}

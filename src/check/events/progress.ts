import type { Sequence } from './sequence.js';

/** The first steps of a sequence that were met, when the first of them was, and the last. µs. */
interface Partial {
  readonly start: number;
  readonly last: number;
}

/** What an event meant to a sequence: nothing, one step further, the whole, or it came too late. */
export type Advance =
  | { readonly kind: 'none' | 'further' }
  | { readonly kind: 'whole'; readonly start: number }
  | {
      readonly kind: 'late';
      readonly step: number;
      readonly since: number;
      readonly within: number;
      /** The bound is that of the whole sequence: `since` is from its first event. */
      readonly isTotal: boolean;
    };

const NONE: Advance = { kind: 'none' };
const FURTHER: Advance = { kind: 'further' };

/** Ways to the same step that are kept; of more, the one whose last event is the longest ago is dropped. */
const MAX_PARTIALS = 16;

/**
 * How far one link has come in a sequence. An event may belong to a later attempt as well as to an earlier one: of all ways to a step
 * those are kept that may still be in time, the latest beginning and the latest last event each being the better one.
 */
export class Progress {
  /** Steps reached so far at most, by any way. */
  furthest = 0;
  /** When that was, µs. */
  furthestAt: number | null = null;
  readonly #sequence: Sequence;
  /** By the number of steps met, from 1. */
  readonly #partials: Partial[][] = [];

  constructor(sequence: Sequence) {
    this.#sequence = sequence;
  }

  /**
   * An event that is what the steps `matching` (by index, falling) ask for.
   * @param startedAt When the capture began, µs.
   */
  advance(matching: readonly number[], time: number, startedAt: number): Advance {
    let result: Advance = NONE;
    // The last step first: one event is one step of a way.
    for (const index of matching) {
      const step = this.#take(index, time, startedAt);
      if (step.kind === 'whole') return step;
      if (step.kind === 'further' || (step.kind === 'late' && result.kind === 'none')) result = step;
    }
    return result;
  }

  /** Begins anew, after the whole sequence was met. */
  reset(): void {
    this.#partials.length = 0;
  }

  #take(index: number, time: number, startedAt: number): Advance {
    const { steps, within } = this.#sequence;
    const limit = steps[index]!.within;
    if (index === 0) {
      if (limit !== null && time - startedAt > limit)
        return { kind: 'late', step: 0, since: time - startedAt, within: limit, isTotal: false };
      return this.#reach(1, { start: time, last: time });
    }
    const ways = this.#partials[index] ?? [];
    let best: Partial | null = null;
    let late: Advance = NONE;
    for (const way of ways) {
      if (limit !== null && time - way.last > limit)
        late = { kind: 'late', step: index, since: time - way.last, within: limit, isTotal: false };
      else if (within !== null && time - way.start > within)
        late = { kind: 'late', step: index, since: time - way.start, within, isTotal: true };
      else if (best === null || way.start > best.start) best = way;
    }
    return best === null ? late : this.#reach(index + 1, { start: best.start, last: time });
  }

  #reach(count: number, way: Partial): Advance {
    if (count >= this.furthest) {
      this.furthest = count;
      this.furthestAt = way.last;
    }
    if (count === this.#sequence.steps.length) return { kind: 'whole', start: way.start };
    // A way that began earlier is no better in anything than this one, whose last event is the latest.
    const kept = (this.#partials[count] ?? []).filter(({ start }) => start > way.start);
    kept.push(way);
    if (kept.length > MAX_PARTIALS) kept.shift();
    this.#partials[count] = kept;
    return FURTHER;
  }
}

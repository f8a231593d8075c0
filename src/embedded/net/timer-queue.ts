import type { Timer } from './clock.js';

/** Cancelled timers that may stay in the queue before it is cleaned, however few live ones there are. */
const TOLERATED_CANCELLED = 1024;

/** One call that is due at a time; order says which of two with the same time was asked for first. */
class QueuedTimer implements Timer {
  readonly time: number;
  readonly order: number;
  /** Null once it has run or was cancelled. */
  run: (() => void) | null;
  readonly #cancelled: () => void;

  constructor(time: number, order: number, run: () => void, cancelled: () => void) {
    this.time = time;
    this.order = order;
    this.run = run;
    this.#cancelled = cancelled;
  }

  cancel(): void {
    if (this.run === null) return;
    this.run = null;
    this.#cancelled();
  }
}

/** Timers by time, and by order of creation where times are equal: a binary heap. Times in µs. */
export class TimerQueue {
  #heap: QueuedTimer[] = [];
  #created = 0;
  /** Cancelled timers that are still in the heap. */
  #dead = 0;

  add(time: number, run: () => void): Timer {
    const timer = new QueuedTimer(time, this.#created, run, () => this.#onCancelled());
    this.#created++;
    this.#heap.push(timer);
    this.#rise(this.#heap.length - 1);
    return timer;
  }

  /** When the next call is due; null: none is left. */
  nextTime(): number | null {
    while (this.#heap.length > 0 && this.#heap[0]!.run === null) {
      this.#removeFirst();
      this.#dead--;
    }
    return this.#heap[0]?.time ?? null;
  }

  /** Takes the next call out, to be made by the caller. Null: none is left. */
  take(): (() => void) | null {
    if (this.nextTime() === null) return null;
    const timer = this.#removeFirst();
    const run = timer.run;
    timer.run = null;
    return run;
  }

  clear(): void {
    for (const timer of this.#heap) timer.run = null;
    this.#heap = [];
    this.#dead = 0;
  }

  /** A timeout that is set anew with every byte leaves a cancelled timer each time; they must not pile up. */
  #onCancelled(): void {
    this.#dead++;
    if (this.#dead <= TOLERATED_CANCELLED || this.#dead * 2 <= this.#heap.length) return;
    // A sorted array is a heap.
    this.#heap = this.#heap.filter((timer) => timer.run !== null).sort((a, b) => (isBefore(a, b) ? -1 : 1));
    this.#dead = 0;
  }

  #removeFirst(): QueuedTimer {
    const heap = this.#heap;
    const first = heap[0]!;
    const last = heap.pop()!;
    if (heap.length > 0) {
      heap[0] = last;
      this.#sink();
    }
    return first;
  }

  #rise(from: number): void {
    const heap = this.#heap;
    const timer = heap[from]!;
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (isBefore(heap[parent]!, timer)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = timer;
  }

  #sink(): void {
    const heap = this.#heap;
    const timer = heap[0]!;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (isBefore(timer, heap[child]!)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = timer;
  }
}

function isBefore(a: QueuedTimer, b: QueuedTimer): boolean {
  return a.time < b.time || (a.time === b.time && a.order < b.order);
}

/** A delay in whole µs, at least 0. @throws RangeError for one that is not finite. */
export function wholeDelay(delay: number): number {
  if (!Number.isFinite(delay)) throw new RangeError(`not a delay: ${delay}`);
  return Math.max(0, Math.ceil(delay));
}

import type { Clock } from './clock.js';

/**
 * A clock that also drives scripts: async functions that tell the nodes what to do and wait in between. Two implementations: real
 * time, and a simulated one that jumps from one timer to the next.
 */
export interface StageClock extends Clock {
  /** Resolves delay µs from now. */
  sleep(delay: number): Promise<void>;
  /**
   * A promise that some timer's callback settles later. On the simulated clock a script may wait only for promises made here or by
   * sleep(): it learns of these at the very time they are settled.
   */
  promise<T>(start: (resolve: (value: T) => void, reject: (error: Error) => void) => void): Promise<T>;
  /**
   * Runs a script to its end while time passes.
   * @returns what the script returns; rejects with what it throws.
   */
  run<T>(script: () => Promise<T>): Promise<T>;
}

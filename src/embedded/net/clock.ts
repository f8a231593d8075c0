/**
 * The time that the embedded pair lives by. All of its code takes a Clock, never the system's, so that the same scenario runs over
 * real sockets in real time and over a simulated network in none.
 */
export interface Clock {
  /** Microseconds since the epoch. Never goes back. */
  now(): number;
  /** Calls run once, delay microseconds from now (0: after what is running now). */
  after(delay: number, run: () => void): Timer;
}

export interface Timer {
  /** Harmless when the timer has fired or is cancelled. */
  cancel(): void;
}

/** Microseconds in a millisecond and a second. */
export const MILLISECOND = 1_000;
export const SECOND = 1_000_000;

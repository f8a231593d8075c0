import { findCommand, findUndecided, UNDECIDED_BYTES } from './resync.js';

const NO_BYTES = new Uint8Array(0);

/** The search for a command boundary in spans of any size, for a decoder that has lost its place. */
export class CommandSearch {
  /** Of the command that `find` found: its bytes that came in the span before, copied. */
  carried: Uint8Array = NO_BYTES;
  /** The end of the last span, when a command may begin there. */
  #undecided: Uint8Array = NO_BYTES;

  /** What comes next does not follow what came last. */
  forget(): void {
    this.#undecided = NO_BYTES;
  }

  /** Index in bytes[at, end) of the first believable command, `at` with `carried` set when it began before; -1 when there is none. */
  find(bytes: Uint8Array, at: number, end: number): number {
    const before = this.#undecided;
    this.#undecided = NO_BYTES;
    this.carried = NO_BYTES;
    if (before.length > 0) {
      const more = Math.min(UNDECIDED_BYTES, end - at);
      const joined = new Uint8Array(before.length + more);
      joined.set(before);
      joined.set(bytes.subarray(at, at + more), before.length);
      const found = findCommand(joined, 0, joined.length);
      if (found >= 0 && found < before.length) {
        this.carried = joined.slice(found, before.length);
        return at;
      }
      const undecided = findUndecided(joined, 0, joined.length);
      if (at + more === end && undecided < before.length) {
        this.#undecided = joined.slice(undecided);
        return -1;
      }
    }
    const found = findCommand(bytes, at, end);
    if (found < 0) this.#undecided = new Uint8Array(bytes.subarray(findUndecided(bytes, at, end), end));
    return found;
  }
}

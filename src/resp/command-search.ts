import { COMMAND, findCommand, UNDECIDED, UNDECIDED_BYTES } from './resync.js';

const NO_BYTES = new Uint8Array(0);

/** The search for a command boundary in spans of any size, for a decoder that has lost its place. */
export class CommandSearch {
  /** Of the command that `find` found: its bytes that came in the span before, copied. */
  carried: Uint8Array = NO_BYTES;
  readonly #inline: boolean;
  /** The end of the last span, when a command may begin there. */
  #undecided: Uint8Array = NO_BYTES;

  /** @param inline lines may stand between the arrays. */
  constructor(inline: boolean) {
    this.#inline = inline;
  }

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
      const place = findCommand(joined, 0, joined.length, this.#inline);
      if (place.at >= 0 && place.at < before.length) {
        // Still undecided and yet not the end of the span: all that can be looked at is sound.
        if (place.verdict === COMMAND || at + more < end) {
          this.carried = joined.slice(place.at, before.length);
          return at;
        }
        this.#undecided = joined.slice(place.at);
        return -1;
      }
    }
    const place = findCommand(bytes, at, end, this.#inline);
    if (place.verdict === UNDECIDED) this.#undecided = new Uint8Array(bytes.subarray(place.at, end));
    return place.verdict === COMMAND ? place.at : -1;
  }
}

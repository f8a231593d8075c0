import type { InputProblem } from './errors.js';
import { notWritten, type WriteRemedies } from './not-written.js';

/**
 * Keeps what went wrong while writing in the middle of the analysis, which is not to be ended by it; from then on nothing more is
 * tried. Whoever drives the analysis asks with `check`.
 */
export class Failure {
  #error: InputProblem | null = null;
  readonly #remedies: WriteRemedies;

  /** @param remedies what mends it here, besides what does everywhere. */
  constructor(remedies: WriteRemedies = {}) {
    this.#remedies = remedies;
  }

  /** Runs `act`, and returns what it does; `otherwise` when it fails or something had failed before. */
  attempt<T>(path: string, act: () => T, otherwise: T): T {
    if (this.#error !== null) return otherwise;
    try {
      return act();
    } catch (error) {
      this.#error = notWritten(path, error, undefined, this.#remedies);
      return otherwise;
    }
  }

  /** @throws InputProblem when something failed. */
  check(): void {
    if (this.#error !== null) throw this.#error;
  }
}

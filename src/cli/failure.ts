import { InputProblem } from './errors.js';

/**
 * Keeps what went wrong while writing in the middle of the analysis, which is not to be ended by it; from then on nothing more is
 * tried. Whoever drives the analysis asks with `check`.
 */
export class Failure {
  #error: InputProblem | null = null;

  /** Runs `act`, and returns what it does; `otherwise` when it fails or something had failed before. */
  attempt<T>(path: string, act: () => T, otherwise: T): T {
    if (this.#error !== null) return otherwise;
    try {
      return act();
    } catch (error) {
      this.#error = new InputProblem(`${path}: cannot be written: ${(error as Error).message}`);
      return otherwise;
    }
  }

  /** @throws InputProblem when something failed. */
  check(): void {
    if (this.#error !== null) throw this.#error;
  }
}

import type { Fields } from '../shape.js';

/** Events that come in this order on one link, others between them. Times in µs; null: no bound. */
export interface Sequence {
  readonly steps: readonly Step[];
  /** From the first to the last of them. */
  readonly within: number | null;
  /** That they come in this order is what must not happen. */
  readonly never: boolean;
  /** On every link; else on at least one. */
  readonly every: boolean;
}

export interface Step {
  readonly event: string;
  /** Since the event before it; of the first step, since the capture began. */
  readonly within: number | null;
  /** The pattern of its fields. */
  readonly pattern: Readonly<Record<string, unknown>>;
  readonly fields: Fields;
  /** `sync.decided {decision: CONTINUE}`, for people. */
  readonly text: string;
}

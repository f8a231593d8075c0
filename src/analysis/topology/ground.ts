import type { Link } from '../../replication/model.js';
import type { Histories } from './histories.js';

/** What a judgement rests on: the links as of the decision, and what all of them told about histories. */
export interface Ground {
  readonly links: readonly Link[];
  readonly histories: Histories;
}

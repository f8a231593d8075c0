import type { Histories } from './histories.js';
import type { LinkDirectory } from './link-directory.js';

/** What a judgement rests on: the links as of the decision, and what all of them told about histories. */
export interface Ground {
  readonly links: LinkDirectory;
  readonly histories: Histories;
}

import type { Histories } from './histories.js';
import type { LinkDirectory } from './link-directory.js';
import type { Orders } from './orders.js';

/** What a judgement rests on: the links as of the decision, what all of them told about histories, and what clients told servers. */
export interface Ground {
  readonly links: LinkDirectory;
  readonly histories: Histories;
  readonly orders: Orders;
}

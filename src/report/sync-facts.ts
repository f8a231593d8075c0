import type { Sync } from '../replication/model.js';
import type { WhyDocument } from './document.js';

/** The part of a sync that words are made from: both the model's `Sync` and the document's `SyncDocument` have it. */
export type SyncFacts = Pick<
  Sync,
  | 'command'
  | 'replid'
  | 'offset'
  | 'failover'
  | 'decision'
  | 'grantedReplid'
  | 'grantedOffset'
  | 'error'
  | 'missedBytes'
> & { cause: string | null; why?: WhyDocument | null };

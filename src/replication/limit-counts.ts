import {
  MAX_DETAILED_PAYLOADS,
  MAX_HELD_EVENTS,
  MAX_PENDING_REPLIES,
  MAX_SESSIONS,
  MAX_SYNCS_PER_SESSION,
} from './limits.js';

/** A limit that was reached, and how often. */
export interface ReachedLimit {
  readonly limit: LimitName;
  readonly most: number;
  readonly times: number;
}

/** In the words of docs/limits.md; src/report/limit-text.ts tells what was lost. */
export type LimitName =
  | 'connections'
  | 'reorder-buffer'
  | 'early-segments'
  | 'syncs'
  | 'replies'
  | 'held-events'
  | 'payload-details'
  | 'command-names'
  | 'sessions';

/** How often limits of the replication layer were reached whose effect is seen nowhere else. */
export class LimitCounts {
  syncs = 0;
  replies = 0;
  heldEvents = 0;
  payloadDetails = 0;

  /** All of the layer; some may have been reached 0 times. */
  reached(unlistedSessions: number): ReachedLimit[] {
    return [
      { limit: 'syncs', most: MAX_SYNCS_PER_SESSION, times: this.syncs },
      { limit: 'replies', most: MAX_PENDING_REPLIES, times: this.replies },
      { limit: 'held-events', most: MAX_HELD_EVENTS, times: this.heldEvents },
      { limit: 'payload-details', most: MAX_DETAILED_PAYLOADS, times: this.payloadDetails },
      { limit: 'sessions', most: MAX_SESSIONS, times: unlistedSessions },
    ];
  }
}

import { latestGrant } from '../../replication/grants.js';
import type { LinkEvent } from './rule.js';

/** Histories whose end is remembered. */
const MAX_HISTORIES = 1_000;

/** Highest offset of a history that was seen, and when (µs). */
export interface HistoryEnd {
  offset: number;
  time: number;
}

/** How far each history has come, by its replication id, whichever link told: what a master has written, sent or not. */
export class HistoryEnds {
  readonly #ends = new Map<string, HistoryEnd>();

  /** To be told each event before it is asked about it. */
  event(event: LinkEvent): void {
    const { session, time } = event;
    if (event.event === 'ack' || event.event === 'connection.closed') {
      const id = latestGrant(session)?.grantedReplid;
      const offset = event.event === 'ack' ? event.sentOffset : session.offsets.end;
      if (id != null) this.#reach(id, offset, time);
    } else if (event.event === 'sync.decided') {
      const { grantedReplid, grantedOffset, offset } = event.sync;
      if (grantedReplid !== null) this.#reach(grantedReplid, grantedOffset ?? (offset ?? 1) - 1, time);
    }
  }

  of(replid: string | null): HistoryEnd | null {
    return replid === null ? null : (this.#ends.get(replid) ?? null);
  }

  #reach(id: string, offset: number | null, time: number): void {
    if (offset === null || offset <= (this.#ends.get(id)?.offset ?? -1)) return;
    this.#ends.delete(id);
    this.#ends.set(id, { offset, time });
    if (this.#ends.size > MAX_HISTORIES) this.#ends.delete(this.#ends.keys().next().value!);
  }
}

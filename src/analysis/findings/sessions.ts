import { grantOf } from '../../replication/grants.js';
import type { Session, Sync } from '../../replication/model.js';

/** Questions to a session that several rules ask. */

/** A replica from before PSYNC never acknowledges: one that leaves this soon after a payload did not keep it. µs */
export const LEAVES_AT_ONCE_US = 2_000_000;

/** A timer of one second decides (replicationCron): a silence this much shorter than a timeout may have been it. */
export const TIMER_SLACK_MS = 1_500;

/** The sync that a payload of this session belongs to; null: there was none. */
export function fullSyncOf(session: Session): Sync | null {
  return session.syncs.findLast(({ decision }) => decision === 'FULLRESYNC' || decision === 'SYNC') ?? null;
}

/** The main connection of the link before this one that was granted a sync; null: none was captured. */
export function previousGranted(session: Session): Session | null {
  const before = (each: Session): boolean => each.channel === 'main' && each.number < session.number;
  return session.link.sessions.findLast((each) => before(each) && grantOf(each) !== null) ?? null;
}

/** Asks for the payload and no more (`redis-cli --rdb`): whatever a replica owes is not owed by it. */
export function isDumpClient(session: Session): boolean {
  return session.handshake.rdbOnly && session.channel === 'main';
}

/** µs → ms; null where either is not known, or the capture's times run backwards. */
export function msBetween(from: number | null, to: number | null): number | null {
  return from === null || to === null || to < from ? null : (to - from) / 1000;
}

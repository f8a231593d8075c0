import type { Session, Sync } from '../../replication/model.js';

/** Questions to a session that several rules ask. */

/** A replica from before PSYNC never acknowledges: one that leaves this soon after a payload did not keep it. µs */
export const LEAVES_AT_ONCE_US = 2_000_000;

/** The sync that granted a session what it has; null: none did. */
export function grantOf(session: Session): Sync | null {
  return session.syncs.findLast(({ decision }) => decision !== null && decision !== 'REFUSED') ?? null;
}

/** The sync that a payload of this session belongs to; null: there was none. */
export function fullSyncOf(session: Session): Sync | null {
  return session.syncs.findLast(({ decision }) => decision === 'FULLRESYNC' || decision === 'SYNC') ?? null;
}

/** The main connection of the link that began before this one; null: none was captured. */
export function previousMain(session: Session): Session | null {
  return (
    session.link.sessions.findLast((each) => each.channel === 'main' && each.number < session.number) ?? null
  );
}

/** Asks for the payload and no more (`redis-cli --rdb`): whatever a replica owes is not owed by it. */
export function isDumpClient(session: Session): boolean {
  return session.handshake.rdbOnly && session.channel === 'main';
}

/** µs → ms; null where either is not known. */
export function msBetween(from: number | null, to: number | null): number | null {
  return from === null || to === null ? null : (to - from) / 1000;
}

const MIB = 1024 * 1024;

/** The next power of two in bytes from `bytes` on, at least 1 MiB, the default of repl-backlog-size: sizes as people set them. */
export function roundSize(bytes: number): number {
  let size = MIB;
  while (size < bytes) size *= 2;
  return size;
}

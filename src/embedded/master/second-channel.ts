import type { NodeSettings } from '../server/settings.js';
import type { ServerTraits } from '../server/style.js';
import type { Announcement } from './announcement.js';
import type { ReplicaSession } from './replica-session.js';

/** Whether a connection that needs a full synchronization is told to open a second one for the payload. */
export function takesSecondChannel(
  { capabilities, rdbChannel }: Announcement,
  { twoConnections, disklessSync }: NodeSettings,
  { secondChannel }: ServerTraits,
): boolean {
  if (!twoConnections || rdbChannel || secondChannel === null) return false;
  if (secondChannel === 'rdb-channel') return capabilities.has('rdb-channel-repl');
  return capabilities.has('dual-channel') && disklessSync;
}

/**
 * The two connections of one synchronization (replication-wire.md, section 8), each the other's partner until the payload is over:
 * Redis 8 pairs them as the second one announces the main one's id, Valkey 8 as the main one comes back with the second one's.
 */
export class ChannelPairs {
  readonly #partner = new Map<ReplicaSession, ReplicaSession>();

  pair(main: ReplicaSession, rdb: ReplicaSession): void {
    this.#partner.set(main, rdb);
    this.#partner.set(rdb, main);
  }

  partner(session: ReplicaSession): ReplicaSession | null {
    return this.#partner.get(session) ?? null;
  }

  part(session: ReplicaSession): void {
    const other = this.#partner.get(session);
    this.#partner.delete(session);
    if (other !== undefined) this.#partner.delete(other);
  }
}

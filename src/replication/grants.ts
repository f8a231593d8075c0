import type { Session, Sync } from './model.js';

/** The latest sync of a session that was granted under a known replication id; null: none was. */
export function latestGrant({ syncs }: Session): Sync | null {
  return syncs.findLast(({ grantedReplid }) => grantedReplid !== null) ?? null;
}

/** The sync by which a session got what it has; null: none did. */
export function grantOf({ syncs }: Session): Sync | null {
  return syncs.findLast(({ decision }) => decision !== null && decision !== 'REFUSED') ?? null;
}

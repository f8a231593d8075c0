import { grantOf } from '../../replication/grants.js';
import type { Session, Sync } from '../../replication/model.js';
import { type Why, type WhyCode, why } from '../../replication/why.js';
import type { Ground } from './ground.js';
import { asReplica, closedTogether, historyOf, wasOnline } from './sessions.js';

/** `PSYNC ? -1`: the replica has nothing that could be continued. Why not, if it had? */
export function askedForNothing(sync: Sync, session: Session, { links }: Ground): Why {
  const earlier = asReplica(links, session.link.replica, session.firstSeenAt);
  // Unannounced, an endpoint is a port that any client may have had before.
  if (earlier.length === 0 || !session.link.replicaPortAnnounced) return why('first-contact');
  const last = earlier.at(-1)!;
  const had = earlier.findLast(wasOnline);
  const failed = lastFailed(earlier);
  if (failed !== null && (had === undefined || failed.firstSeenAt > had.firstSeenAt))
    return failedBefore(failed);
  if (had === undefined) return why('first-contact');
  const evidence = {
    heldReplid: historyOf(had),
    heldOffset: had.offsets.lastAck ?? had.offsets.end,
    heldMaster: had.link.master,
    outageMs: had.closedAt === null ? null : Math.max(0, sync.requestedAt - had.closedAt) / 1000,
  };
  // A refused PSYNC makes a replica fall back to SYNC, and that drops what it had kept.
  const refusal = earlier.findLast(
    ({ firstSeenAt, syncs }) =>
      firstSeenAt > had.firstSeenAt &&
      syncs.some((each) => each.command === 'SYNC' && each.decision === 'REFUSED'),
  );
  if (refusal !== undefined)
    return why('refused-before', { ...evidence, error: refusal.syncs.at(-1)?.error ?? null });
  const together = last.closedBy === 'replica' ? closedAsMaster(last, links) : null;
  return why('history-lost', { ...evidence, ownReplicasClosed: together }, lostBy(had, session));
}

/** How a replica may lose what it held: a process that ended, and one that gave up what it had kept, look the same from outside. */
function lostBy(had: Session, session: Session): WhyCode[] {
  // From 4.0 on SLAVEOF keeps it, and what a replica drops for a protocol error it drops when it closes the link itself.
  const keeps = session.handshake.capabilities.includes('psync2');
  if (keeps) return had.closedBy === 'master' ? ['node-restarted'] : ['node-restarted', 'cache-dropped'];
  const moved = had.link.master !== session.link.master;
  return ['node-restarted', 'slaveof-dropped', ...(moved ? (['other-master'] as const) : [])];
}

/** The last session that was granted a full sync and never got to hold it; null: none, or one after it did. */
export function lastFailed(earlier: readonly Session[]): Session | null {
  const failed = earlier.findLast((each) => {
    const decision = grantOf(each)?.decision;
    return decision !== undefined && decision !== 'CONTINUE' && !wasOnline(each) && each.closedAt !== null;
  });
  return failed === undefined ||
    earlier.some((each) => each.firstSeenAt > failed.firstSeenAt && wasOnline(each))
    ? null
    : failed;
}

export function failedBefore({ payload, closedBy, closedHow, number }: Session): Why {
  return why('full-sync-failed', {
    earlierSession: number,
    payloadBytes: payload?.bytes ?? null,
    declaredBytes: payload?.declaredBytes ?? null,
    payloadComplete: payload === null ? null : Number(payload.complete),
    closedBy,
    closedHow,
  });
}

/** Connections of the replica's own replicas that ended when it left its master: a process that ended takes them along. */
function closedAsMaster({ closedAt, link }: Session, links: Ground['links']): number | null {
  if (closedAt === null) return null;
  const closed = closedTogether(links, link.replica, closedAt)?.closed ?? 0;
  return closed === 0 ? null : closed;
}

import type { Session, Sync } from '../../replication/model.js';
import { type Why, why } from '../../replication/why.js';
import type { Ground } from './ground.js';
import { asReplica, historyOf, msWithoutReplicas } from './sessions.js';

/** A full sync although master and replica are of the same history: `backlog-miss` and `offset-ahead`. */
export function sameHistory(sync: Sync, session: Session, ground: Ground): Why {
  const asked = sync.offset ?? 0;
  const granted = sync.grantedOffset ?? 0;
  return asked - 1 > granted ? ahead(asked, granted, session, ground) : behind(sync, session, ground);
}

function behind(sync: Sync, session: Session, { links, histories }: Ground): Why {
  const { link, firstSeenAt } = session;
  const missed = sync.missedBytes ?? 0;
  const last = asReplica(links, link.replica, firstSeenAt).findLast(
    (each) => each.link.master === link.master,
  );
  const evidence = {
    missedBytes: missed,
    outageMs: last?.closedAt == null ? null : Math.max(0, sync.requestedAt - last.closedAt) / 1000,
    // The master holds at least what it has sent back to others since.
    backlogAtLeast:
      sync.grantedReplid === null ? null : histories.mostServed(sync.grantedReplid, link.master),
    withoutReplicasMs: msWithoutReplicas(links, link.master, sync.requestedAt),
  };
  // Nothing is missing, and yet it cannot be continued: there is no backlog, or it was ahead when it asked.
  if (missed <= 0) return why('no-backlog', evidence, ['master-went-back']);
  return why('backlog-too-short', evidence);
}

function ahead(asked: number, granted: number, session: Session, { links }: Ground): Why {
  const { link, firstSeenAt } = session;
  const replid = session.syncs.at(-1)?.replid ?? null;
  const last = asReplica(links, link.replica, firstSeenAt).findLast((each) => historyOf(each) === replid);
  const sent = last?.offsets.end ?? null;
  const evidence = { aheadBytes: asked - 1 - granted, sentToReplica: sent, drift: last?.lag.drift ?? null };
  if (sent === null) return why('master-went-back', evidence, ['replica-miscounted']);
  // It asks for more than it was ever sent, or it was sent more than the master has now.
  if (sent <= granted) return why('replica-miscounted', evidence);
  return why('master-went-back', evidence, sent < asked - 1 ? ['replica-miscounted'] : []);
}

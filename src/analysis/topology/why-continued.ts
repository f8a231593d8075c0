import { grantOf } from '../../replication/grants.js';
import type { Session, Sync } from '../../replication/model.js';
import { type Why, type WhyCode, why } from '../../replication/why.js';
import type { Ground } from './ground.js';
import { orderEvidence } from './orders.js';
import { asReplica, highestOffset } from './sessions.js';

/** A partial resync: how far the replica was behind, and where a new id comes from. */
export function continued(sync: Sync, session: Session, ground: Ground): Why {
  const { links, histories, orders } = ground;
  const { replid, grantedReplid, offset } = sync;
  const at = session.firstSeenAt;
  const highest =
    grantedReplid === null ? null : highestOffset(links, session.link.master, grantedReplid, at);
  // What other links were sent meanwhile; that nothing shows is not that nothing was missed.
  const missed = highest === null || offset === null ? 0 : highest + 1 - offset;
  const resumedBytes = missed > 0 ? missed : null;
  const before = session.syncs.slice(0, session.syncs.indexOf(sync));
  if (before.some(({ decision }) => decision === 'DUALCHANNEL')) return why('two-connection-stream');
  if (sync.cause === 'continued') return why('resumed', { resumedBytes });
  const succession = grantedReplid === null ? null : histories.predecessorOf(grantedReplid);
  const evidence = {
    commonFrom: succession?.of === replid ? succession.from : null,
    commonTo: succession?.of === replid ? succession.to : null,
    node: session.link.master,
    ...orderEvidence(succession?.of === replid ? orders.behind(succession, links, histories) : null),
  };
  if (sync.failover) return why('failover-command', evidence);
  // A node of a chain takes over the id that its own master has told it.
  const upstream = asReplica(links, session.link.master, sync.decidedAt ?? sync.requestedAt).at(-1);
  if (upstream !== undefined && isOpen(upstream, sync) && grantOf(upstream)?.grantedReplid === grantedReplid)
    return why('upstream-switched', { ...evidence, upstream: upstream.link.master });
  if (succession === null || succession.of !== replid) return why('unknown', evidence, NEW_IDS);
  if (succession.kind === 'promotion') return why('promoted', { ...evidence, node: succession.node });
  if (succession.kind === 'restart') return why('master-restarted-with-history', evidence);
  if (succession.kind === 'failover-command')
    return why('failover-command', { ...evidence, node: succession.node });
  return why('unknown', evidence, NEW_IDS);
}

const NEW_IDS: WhyCode[] = ['promoted', 'master-restarted-with-history', 'upstream-switched'];

function isOpen({ closedAt }: Session, sync: Sync): boolean {
  return closedAt === null || closedAt > (sync.decidedAt ?? sync.requestedAt);
}

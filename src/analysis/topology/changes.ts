import type { Link, Session } from '../../replication/model.js';
import type { Order } from '../../replication/orders.js';
import type { Attachment, Change } from './model.js';
import type { NodeNames } from './nodes.js';
import type { Orders } from './orders.js';
import type { Promotion } from './promotions.js';

/** Changes kept: a replica that is pointed to and fro all day makes thousands. */
const MAX_CHANGES = 10_000;

/** Reasons that tell of a master that has begun a new history without having been a replica. */
const NEW_HISTORY = new Set(['master-restarted', 'master-restarted-with-history', 'backlog-freed']);

/** What changes are made from. */
interface Known {
  links: readonly Link[];
  names: NodeNames;
  /** In order of time. */
  attachments: readonly Attachment[];
  /** By node, in order of time. */
  promotions: ReadonlyMap<string, readonly Promotion[]>;
  orders: Orders;
}

/** What changed in the topology, in order of time. */
export function changesOf(known: Known): Change[] {
  const promoted = [...known.promotions.values()]
    .flat()
    .map((promotion): Change => ({ kind: 'promoted', ...promotion }));
  const changes = [...promoted, ...comings(known), ...newHistories(known)];
  return changes.sort((a, b) => a.at - b.at || rank(a) - rank(b)).slice(0, MAX_CHANGES);
}

/** At the same time the promotion comes before what rests on it. */
function rank({ kind }: Change): number {
  return kind === 'promoted' || kind === 'new-history' ? 0 : 1;
}

/** Attachments as they begin, and as they end for good. */
function comings(known: Known): Change[] {
  const { attachments, promotions } = known;
  const changes: Change[] = [];
  const last = new Map<string, Attachment>();
  const firstServed = new Map<string, number>();
  for (const { master, sync } of attachments) {
    const at = sync?.decidedAt ?? Number.POSITIVE_INFINITY;
    firstServed.set(master, Math.min(at, firstServed.get(master) ?? at));
  }
  for (const attachment of attachments) {
    const before = last.get(attachment.replica) ?? null;
    last.set(attachment.replica, attachment);
    changes.push(coming(attachment, before, firstServed, known));
  }
  for (const { replica, master, from, until, state, closedBy } of last.values()) {
    if (until === null || state === 'refused') continue;
    const isPromotion = promotions.get(replica)?.some(({ at }) => at >= from) ?? false;
    if (!isPromotion) changes.push({ kind: 'left', at: until, node: replica, master, by: closedBy });
  }
  return changes;
}

/** How a node came to a master. @param before its attachment before that. @param firstServed when each node first granted a sync, µs */
function coming(
  attachment: Attachment,
  before: Attachment | null,
  firstServed: ReadonlyMap<string, number>,
  known: Known,
): Change {
  const { replica, master, from, sync, refused, joined } = attachment;
  if (joined && sync === null) return { kind: 'present', at: from, node: replica, master };
  const at = sync?.decidedAt ?? from;
  const order = orderTo(attachment, before, known);
  if (sync === null) return { kind: 'refused', at, node: replica, master, sync: refused, order };
  const since = before?.from ?? 0;
  const wasPromoted = known.promotions.get(replica)?.some((each) => each.at <= at && each.at >= since);
  if (before !== null && wasPromoted !== true)
    return { kind: 'moved', at, node: replica, master, before: before.master, sync, order };
  const served = (firstServed.get(replica) ?? at) < at;
  const wasMaster = wasPromoted === true || served;
  return { kind: 'attached', at, node: replica, master, sync, wasMaster, order };
}

/** What told the node to replicate from that master, if it was told since it was attached elsewhere. */
function orderTo(
  { replica, master, from }: Attachment,
  before: Attachment | null,
  { names, orders }: Known,
): Order | null {
  for (const endpoint of [replica, ...names.aliasesOf(replica)]) {
    const order = orders.attaching(endpoint, before?.from ?? 0, from);
    // CLUSTER REPLICATE names a node by an id that no replication link tells.
    if (order?.kind === 'cluster-replicate') return order;
    if (order !== null && order.target !== null && names.nameOf(order.target) === master) return order;
  }
  return null;
}

/** Masters that restarted or gave up their history; each new id is told once. */
function newHistories({ links, names: { nameOf } }: Known): Change[] {
  const told = new Set<string>();
  const changes: Change[] = [];
  const syncs = links.flatMap(({ master, sessions }) =>
    sessions.flatMap((session: Session) => session.syncs.map((sync) => ({ master, sync }))),
  );
  for (const { master, sync } of syncs) {
    const { why, grantedReplid, replid, decidedAt } = sync;
    if (why === null || !NEW_HISTORY.has(why.code) || grantedReplid === null || replid === null) continue;
    const key = `${nameOf(master)} ${grantedReplid}`;
    if (told.has(key) || decidedAt === null) continue;
    told.add(key);
    changes.push({
      kind: 'new-history',
      at: decidedAt,
      node: nameOf(master),
      replid: grantedReplid,
      before: replid,
      sync,
    });
  }
  return changes;
}

import type { Link, Session } from '../../replication/model.js';
import type { Succession } from './histories.js';
import type { Attachment, Change } from './model.js';
import type { NodeNames } from './nodes.js';

/** Changes kept: a replica that is pointed to and fro all day makes thousands. */
const MAX_CHANGES = 10_000;

/** Reasons that tell of a master that has begun a new history without having been a replica. */
const NEW_HISTORY = new Set(['master-restarted', 'master-restarted-with-history', 'backlog-freed']);

/** What changed in the topology, in order of time. */
export function changesOf(
  links: readonly Link[],
  names: NodeNames,
  attachments: readonly Attachment[],
  promotions: readonly Succession[],
): Change[] {
  const changes = [
    ...promoted(attachments, promotions, names),
    ...comings(attachments, promotions, names),
    ...newHistories(links, names),
  ];
  return changes.sort((a, b) => a.at - b.at || rank(a) - rank(b)).slice(0, MAX_CHANGES);
}

/** At the same time the promotion comes before what rests on it. */
function rank({ kind }: Change): number {
  return kind === 'promoted' || kind === 'new-history' ? 0 : 1;
}

/** When a node was promoted: when it left its master, or (that was not captured) when somebody was first told. */
function promotedAt(
  { node, at, of, kind }: Succession,
  attachments: readonly Attachment[],
  names: NodeNames,
): number {
  if (kind === 'failover-command') return at;
  const left = attachments.findLast(
    ({ replica, until, replid }) =>
      replica === names.nameOf(node) && until !== null && until <= at && replid === of,
  );
  return left?.until ?? at;
}

function promoted(
  attachments: readonly Attachment[],
  promotions: readonly Succession[],
  names: NodeNames,
): Change[] {
  return promotions.map((succession) => ({
    kind: 'promoted',
    at: promotedAt(succession, attachments, names),
    node: names.nameOf(succession.node),
    succession,
  }));
}

/** Attachments as they begin, and as they end for good. */
function comings(
  attachments: readonly Attachment[],
  promotions: readonly Succession[],
  names: NodeNames,
): Change[] {
  const changes: Change[] = [];
  const last = new Map<string, Attachment>();
  const firstServed = new Map<string, number>();
  for (const { master, sync } of attachments) {
    const at = sync?.decidedAt ?? Number.POSITIVE_INFINITY;
    firstServed.set(master, Math.min(at, firstServed.get(master) ?? at));
  }
  for (const attachment of attachments) {
    const { replica, master, from, sync } = attachment;
    const at = sync?.decidedAt ?? from;
    const before = last.get(replica);
    last.set(replica, attachment);
    const wasPromoted = promotions.some(
      (each) => names.nameOf(each.node) === replica && each.at <= at && each.at >= (before?.from ?? 0),
    );
    const served = (firstServed.get(replica) ?? at) < at;
    if (before === undefined || wasPromoted) {
      const wasMaster = wasPromoted || (before === undefined && served);
      changes.push({ kind: 'attached', at, node: replica, master, sync, wasMaster });
    } else changes.push({ kind: 'moved', at, node: replica, master, before: before.master, sync });
  }
  for (const { replica, master, from, until, state, closedBy } of last.values()) {
    if (until === null || state === 'refused') continue;
    const isPromotion = promotions.some((each) => names.nameOf(each.node) === replica && each.at >= from);
    if (!isPromotion) changes.push({ kind: 'left', at: until, node: replica, master, by: closedBy });
  }
  return changes;
}

/** Masters that restarted or gave up their history; each new id is told once. */
function newHistories(links: readonly Link[], { nameOf }: NodeNames): Change[] {
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

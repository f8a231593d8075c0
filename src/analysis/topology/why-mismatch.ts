import { grantOf } from '../../replication/grants.js';
import type { Session, Sync } from '../../replication/model.js';
import { type Why, type WhyCode, why } from '../../replication/why.js';
import type { Ground } from './ground.js';
import { lastHeld } from './histories.js';
import { orderEvidence } from './orders.js';
import {
  asReplica,
  closedTogether,
  highestOffset,
  historyOf,
  isReplid,
  msWithoutReplicas,
} from './sessions.js';
import { failedBefore, lastFailed } from './why-first.js';

/** `repl-backlog-ttl` unless configured otherwise, ms: a master without replicas for so long gives up its history. */
const DEFAULT_BACKLOG_TTL_MS = 3_600_000;

/** A question with what all answers need. */
interface Case extends Ground {
  sync: Sync;
  session: Session;
  /** Asked for, and granted instead. */
  asked: string;
  granted: string;
  /** Offset of the first byte wanted. */
  offset: number;
  grantedOffset: number | null;
  master: string;
  replica: string;
  /** When the connection began: what came before is the past. */
  before: number;
  /** The last session in which this node was a replica. */
  last: Session | null;
}

/**
 * Asked for one history and given another (`replid-mismatch`). In the order in which evidence settles it: how the two hang
 * together, what the master did, what the replica did.
 */
export function otherHistory(sync: Sync, session: Session, ground: Ground): Why {
  const { replid, grantedReplid, offset } = sync;
  if (replid !== null && !isReplid(replid)) return why('not-an-id');
  if (!isReplid(replid) || !isReplid(grantedReplid) || offset === null) return why('unknown');
  const { master, replica } = session.link;
  const before = session.firstSeenAt;
  const last = lastHeld(ground.links, replica, before);
  const question: Case = {
    ...ground,
    sync,
    session,
    asked: replid,
    granted: grantedReplid,
    offset,
    grantedOffset: sync.grantedOffset,
    master,
    replica,
    before,
    last,
  };
  return (
    failedAlready(question) ??
    runIdChanged(question) ??
    related(question) ??
    upstreamChanged(question) ??
    (isOfHere(question) ? fromHere(question) : own(question))
  );
}

/** It asked for the same before, and the full sync that it was given then failed (7.0+ keeps its id until the new data is in). */
function failedAlready({ links, replica, before, asked }: Case): Why | null {
  const failed = lastFailed(asReplica(links, replica, before));
  return failed?.syncs.some(({ replid }) => replid === asked) ? failedBefore(failed) : null;
}

/** Before 4.0 an id is that of a process: a promoted replica continues nobody. */
function runIdChanged({ session, links, master, before, asked }: Case): Why | null {
  if (session.handshake.capabilities.includes('psync2')) return null;
  const held = lastHeld(links, master, before);
  return held !== null && historyOf(held) === asked ? why('run-id-changed', { node: master }) : null;
}

/** The one history came out of the other. */
function related({ histories, links, orders, asked, granted, offset }: Case): Why | null {
  const steps = histories.distance(granted, asked);
  if (steps === null || steps === 0) return null;
  if (steps > 1)
    return why('id-too-old', { switches: steps, previousReplid: histories.predecessorOf(granted)!.of });
  const succession = histories.predecessorOf(granted)!;
  const { from, to, kind, node } = succession;
  const evidence = {
    node,
    commonFrom: from,
    commonTo: to,
    lostFrom: to === null ? null : Math.max(0, offset - 1 - to),
    lostTo: Math.max(0, offset - 1 - from),
    ...orderEvidence(orders.behind(succession, links, histories)),
  };
  if (to !== null && offset - 1 > to) return why('diverged-after-failover', evidence);
  const others: WhyCode[] = succession.confirmed ? [] : ['master-restarted'];
  if (offset - 1 > from)
    return why('diverged-after-failover', evidence, ['failover-backlog-miss', ...others]);
  return kind === 'restart'
    ? why('failover-backlog-miss', evidence, ['master-restarted'])
    : why('failover-backlog-miss', evidence, others);
}

/** The master is itself a replica, and was given another history by its own master meanwhile. */
function upstreamChanged({ links, master, asked, granted, sync, histories }: Case): Why | null {
  const at = sync.decidedAt ?? sync.requestedAt;
  const upstream = asReplica(links, master, at).at(-1);
  if (upstream === undefined || (upstream.closedAt !== null && upstream.closedAt <= at)) return null;
  if (historyOf(upstream) !== granted || histories.grantedAt(asked, master) === null) return null;
  const given = grantOf(upstream);
  return why('upstream-changed', {
    upstream: upstream.link.master,
    upstreamSession: upstream.number,
    upstreamDecision: given?.decision ?? null,
  });
}

/** True when this very master is known to have had the history that was asked for. */
function isOfHere({ histories, asked, master, last }: Case): boolean {
  return (
    histories.grantedAt(asked, master) !== null || (last?.link.master === master && historyOf(last) === asked)
  );
}

/** The master had this history, and has another one now. */
function fromHere({ links, asked, offset, master, grantedOffset, sync, last, before }: Case): Why {
  const highest = highestOffset(links, master, asked, before) ?? offset - 1;
  const withoutReplicasMs = msWithoutReplicas(links, master, sync.requestedAt);
  const leftAt = last?.link.master === master ? last.closedAt : null;
  const together = leftAt === null ? null : closedTogether(links, master, leftAt);
  const endedByMaster = last?.closedBy === 'master';
  const evidence = {
    node: master,
    highestOffset: highest,
    grantedOffset,
    withoutReplicasMs,
    closedTogether: endedByMaster ? (together?.closed ?? null) : null,
    openThen: endedByMaster ? (together?.open ?? null) : null,
  };
  // A process that goes on counts on; a new one counts from the beginning.
  if (grantedOffset !== null && grantedOffset < highest)
    return why('master-restarted', evidence, endedByMaster ? [] : ['other-server']);
  const idle = withoutReplicasMs !== null && withoutReplicasMs >= DEFAULT_BACKLOG_TTL_MS;
  return idle
    ? why('backlog-freed', evidence, ['master-restarted'])
    : why('master-restarted', evidence, ['backlog-freed', 'other-server']);
}

/** The history is none of this master: it is of another one, or the node's own. */
function own(question: Case): Why {
  const { histories, orders, asked, offset, replica, last, before } = question;
  if (histories.grantedAt(asked, replica) !== null)
    return why('former-master', { ownOffset: offset - 1, grantedTo: replicasOf(question) });
  if (histories.isKnown(asked) || (last !== null && historyOf(last) === asked)) return fromOther(question);
  // Nobody has ever been given it: it is what the node made for itself.
  if (last === null) {
    if (replicasOf(question) > 0) return why('node-restarted', { ownOffset: offset - 1, wasMaster: 1 });
    if (offset <= 1) return why('first-attach', { ownOffset: 0 });
    return why('unknown', { ownOffset: offset - 1 }, ['master-restarted', 'other-master', 'first-attach']);
  }
  const left = last.offsets.end ?? last.offsets.lastAck ?? 0;
  const evidence = { heldReplid: historyOf(last), heldOffset: left, heldMaster: last.link.master };
  if (offset <= 1) return why('node-restarted', { ...evidence, ownOffset: 0 });
  const acked = last.offsets.lastAck ?? left;
  const order = orders.promoting(replica, last.firstSeenAt, before);
  if (offset - 1 >= acked)
    return why(
      'promoted-meanwhile',
      { ...evidence, ownBytes: Math.max(0, offset - 1 - left), ...orderEvidence(order) },
      order === null ? ['other-master'] : [],
    );
  return why('unknown', { ...evidence, ownOffset: offset - 1 }, ['node-restarted', 'other-master']);
}

/** It replicated from another master. */
function fromOther({ histories, asked, granted, offset, grantedOffset, last, before }: Case): Why {
  const of =
    last !== null && historyOf(last) === asked ? last.link.master : (histories.mastersOf(asked)[0] ?? null);
  const evidence = { heldMaster: of, heldOffset: offset - 1, grantedOffset };
  const known = histories.firstSeenAt(granted);
  const livedBeside = known !== null && last !== null && known < (last.closedAt ?? before);
  // A master that is a promoted replica of that other one would have come at least as far as the two were together.
  if (livedBeside || grantedOffset === 0) return why('other-master', evidence);
  return why('other-master', evidence, ['diverged-after-failover']);
}

/** How many replicas the node had as a master. */
function replicasOf({ links, replica, before }: Case): number {
  return links
    .ofMaster(replica)
    .filter(({ sessions }) => sessions.some((session) => session.firstSeenAt < before)).length;
}

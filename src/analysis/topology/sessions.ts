import { rdbSessionOf } from '../../replication/channels.js';
import { latestGrant } from '../../replication/grants.js';
import type { Link, Session, Sync } from '../../replication/model.js';
import type { LinkDirectory } from './link-directory.js';

/** Questions to the links of a capture, as of the latest packet. */

/** Sessions of one link that are looked back at: a replica in a reconnect loop has thousands, and the last ones tell. */
const MAX_LOOK_BACK = 64;

/** Replicas of one master that are looked at for a reason: each decision of a master of thousands would look at all of them. */
const MAX_REPLICAS_LOOKED_AT = 500;

/** µs within which connections that one event ended are closed. */
const AT_ONCE_US = 1_000_000;

const REPLID = /^[0-9a-f]{40}$/i;

/** True for a replication id as servers make them; `?` and whatever a manual client sends are none. */
export function isReplid(text: string | null): text is string {
  return text !== null && REPLID.test(text);
}

/**
 * Id of the history whose bytes a session carries; null: not known. Of a connection that was joined mid-stream it is what the
 * replica asked to go on with on its next one.
 */
export function historyOf(session: Session): string | null {
  const granted = latestGrant(session)?.grantedReplid;
  const known = granted ?? session.payload?.rdb?.replid ?? grantBeside(session)?.grantedReplid ?? null;
  if (isReplid(known)) return known;
  if (!session.joinedMidstream) return null;
  const next = session.link.sessions.find((each) => each.firstSeenAt > session.firstSeenAt);
  const asked = next?.syncs[0];
  const continues =
    asked !== undefined && asked.offset !== null && asked.offset > (session.offsets.lastAck ?? 0);
  return continues && isReplid(asked.replid) ? asked.replid : null;
}

/** What the second connection of a two-connection sync was granted: Redis 8 says it there alone. */
export function grantBeside(session: Session): Sync | null {
  const beside = rdbSessionOf(session);
  return beside === null ? null : latestGrant(beside);
}

/** True once the replica held what the session carries: it acknowledged, or went on from where it was. */
export function wasOnline(session: Session): boolean {
  return session.acks.count > 0 || session.syncs.some((sync) => sync.decision === 'CONTINUE');
}

/** Calls `take` with the main sessions of these links, the last MAX_LOOK_BACK of each, that began before `time` (µs). */
function eachMain(links: readonly Link[], before: number, take: (session: Session) => void): void {
  for (const { sessions } of links)
    for (let i = Math.max(0, sessions.length - MAX_LOOK_BACK); i < sessions.length; i++) {
      const session = sessions[i]!;
      if (session.channel === 'main' && session.firstSeenAt < before) take(session);
    }
}

/** What a node did as a replica before `time`, in order of time. */
export function asReplica(links: LinkDirectory, node: string, before: number): Session[] {
  const found: Session[] = [];
  eachMain(links.ofReplica(node), before, (session) => found.push(session));
  return found.sort((a, b) => a.firstSeenAt - b.firstSeenAt);
}

/** Highest offset of each history, as far as these links show it. */
export function highestOffsets(links: readonly Link[]): Map<string, number> {
  const highest = new Map<string, number>();
  eachMain(links, Number.POSITIVE_INFINITY, (session) => {
    const replid = historyOf(session);
    const reached = reachedIn(session);
    raise(highest, replid, reached);
    // Who asks to go on from there holds it, whether or not its stream was captured; one ahead of the same history miscounts.
    for (const { replid: asked, offset, cause } of session.syncs)
      if (isReplid(asked) && offset !== null && cause !== 'offset-ahead') raise(highest, asked, offset - 1);
  });
  return highest;
}

function raise(highest: Map<string, number>, replid: string | null, offset: number): void {
  if (replid !== null && offset > (highest.get(replid) ?? -1)) highest.set(replid, offset);
}

/** Highest offset that a master is known to have sent in a history before `time`, to the latest of its replicas; null: none seen. */
export function highestOffset(
  links: LinkDirectory,
  master: string,
  replid: string,
  before: number,
): number | null {
  let highest = -1;
  eachMain(links.ofMaster(master).slice(-MAX_REPLICAS_LOOKED_AT), before, (session) => {
    const reached = reachedIn(session);
    if (reached > highest && historyOf(session) === replid) highest = reached;
  });
  return highest < 0 ? null : highest;
}

/** Offset up to which a session's stream was sent or acknowledged; -1: not known. */
function reachedIn({ offsets: { end, lastAck } }: Session): number {
  return Math.max(end ?? -1, lastAck ?? -1);
}

/** Connections of `master` that ended at `at` (µs), of those that stood then; null: too many to count. */
export function closedTogether(
  links: LinkDirectory,
  master: string,
  at: number,
): { closed: number; open: number } | null {
  const count = { closed: 0, open: 0 };
  const own = links.ofMaster(master);
  if (own.length > MAX_REPLICAS_LOOKED_AT) return null;
  eachMain(own, at, ({ closedAt, joinedMidstream, syncs }) => {
    if (closedAt !== null && closedAt <= at - AT_ONCE_US) return;
    if (!joinedMidstream && syncs.length === 0) return;
    count.open++;
    if (closedAt !== null && closedAt <= at + AT_ONCE_US) count.closed++;
  });
  return count;
}

/** How long a master has been without any replica's connection at `time`, ms; null while it has one, never had, or had too many. */
export function msWithoutReplicas(links: LinkDirectory, master: string, time: number): number | null {
  let lastClosedAt = Number.NEGATIVE_INFINITY;
  const own = links.ofMaster(master);
  if (own.length > MAX_REPLICAS_LOOKED_AT) return null;
  eachMain(own, time, (session) => {
    const closedAt = session.closedAt ?? Number.POSITIVE_INFINITY;
    if (closedAt > lastClosedAt && wasOnline(session)) lastClosedAt = closedAt;
  });
  return lastClosedAt > time || lastClosedAt < 0 ? null : (time - lastClosedAt) / 1000;
}

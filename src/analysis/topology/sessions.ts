import type { Link, Session, Sync } from '../../replication/model.js';
import type { LinkDirectory } from './link-directory.js';

/** Questions to the links of a capture, as of the latest packet. */

/** Sessions of one link that are looked back at: a replica in a reconnect loop has thousands, and the last ones tell. */
const MAX_LOOK_BACK = 64;

/** µs within which connections that one event ended are closed. */
const AT_ONCE_US = 1_000_000;

const REPLID = /^[0-9a-f]{40}$/i;

/** True for a replication id as servers make them; `?` and whatever a manual client sends are none. */
export function isReplid(text: string | null): text is string {
  return text !== null && REPLID.test(text);
}

/** The sync by which a session got what it has; null: none did. */
export function grantOf(session: Session): Sync | null {
  return session.syncs.findLast((sync) => sync.decision !== null && sync.decision !== 'REFUSED') ?? null;
}

/**
 * Id of the history whose bytes a session carries; null: not known. Of a connection that was joined mid-stream it is what the
 * replica asked to go on with on its next one.
 */
export function historyOf(session: Session): string | null {
  const granted = session.syncs.findLast(({ grantedReplid }) => grantedReplid !== null)?.grantedReplid;
  const known = granted ?? session.payload?.rdb?.replid ?? besideReplid(session);
  if (isReplid(known)) return known;
  if (!session.joinedMidstream) return null;
  const next = session.link.sessions.find((each) => each.firstSeenAt > session.firstSeenAt);
  const asked = next?.syncs[0];
  const continues =
    asked !== undefined && asked.offset !== null && asked.offset > (session.offsets.lastAck ?? 0);
  return continues && isReplid(asked.replid) ? asked.replid : null;
}

/** What the second connection of a two-connection sync was granted: Redis 8 says it there alone. */
function besideReplid({ link, syncs, firstSeenAt }: Session): string | null {
  if (!syncs.some(({ decision }) => decision === 'DUALCHANNEL')) return null;
  const beside = link.sessions.find((each) => each.channel === 'rdb' && each.firstSeenAt >= firstSeenAt);
  return beside?.syncs.findLast(({ grantedReplid }) => grantedReplid !== null)?.grantedReplid ?? null;
}

/** True once the replica held what the session carries: it acknowledged, or went on from where it was. */
export function wasOnline(session: Session): boolean {
  return session.acks.count > 0 || session.syncs.some((sync) => sync.decision === 'CONTINUE');
}

/** Main sessions of these links, the last MAX_LOOK_BACK of each, that began before `time` (µs), in order of time. */
function mainSessions(links: readonly Link[], before: number): Session[] {
  const recent = links.flatMap((link) => link.sessions.slice(-MAX_LOOK_BACK));
  const mains = recent.filter(({ channel, firstSeenAt }) => channel === 'main' && firstSeenAt < before);
  return mains.sort((a, b) => a.firstSeenAt - b.firstSeenAt);
}

/** What a node did as a replica before `time`. */
export function asReplica(links: LinkDirectory, node: string, before: number): Session[] {
  return mainSessions(links.ofReplica(node), before);
}

/** What a node did as a master before `time`. */
export function asMaster(links: LinkDirectory, node: string, before: number): Session[] {
  return mainSessions(links.ofMaster(node), before);
}

/** Highest offset sent in each history before `time`, as far as these links show it. */
export function highestOffsets(links: readonly Link[], before: number): Map<string, number> {
  const highest = new Map<string, number>();
  for (const session of mainSessions(links, before)) {
    const replid = historyOf(session);
    const { end, lastAck } = session.offsets;
    const reached = Math.max(end ?? -1, lastAck ?? -1);
    if (replid !== null && reached > (highest.get(replid) ?? -1)) highest.set(replid, reached);
  }
  return highest;
}

/** Highest offset that a master sent in a history before `time`; null: none seen. */
export function highestOffset(
  links: LinkDirectory,
  master: string,
  replid: string,
  before: number,
): number | null {
  return highestOffsets(links.ofMaster(master), before).get(replid) ?? null;
}

/** Connections of a master that ended together with `session`, of those that stood then; itself counted. */
export function closedTogether(
  links: LinkDirectory,
  session: Session,
): { closed: number; open: number } | null {
  const at = session.closedAt;
  if (at === null) return null;
  const stood = asMaster(links, session.link.master, at).filter(
    ({ closedAt, joinedMidstream, syncs }) =>
      (closedAt === null || closedAt > at - AT_ONCE_US) && (joinedMidstream || syncs.length > 0),
  );
  const closed = stood.filter((each) => each.closedAt !== null && each.closedAt <= at + AT_ONCE_US);
  return { closed: closed.length, open: stood.length };
}

/** How long a master has been without any replica's connection at `time`, ms; null while it has one, or never had. */
export function msWithoutReplicas(links: LinkDirectory, master: string, time: number): number | null {
  const sessions = asMaster(links, master, time).filter(wasOnline);
  if (sessions.length === 0 || sessions.some(({ closedAt }) => closedAt === null || closedAt > time))
    return null;
  return (time - Math.max(...sessions.map(({ closedAt }) => closedAt ?? 0))) / 1000;
}

import type { Payload, Session } from './model.js';

/** The two connections of a two-connection sync (Valkey dual channel, Redis 8 RDB channel) are sessions of one link, the main one first. */

/** The session that carries the payload of a main session's two-connection sync; null: it was granted none, or it is not there (yet). */
export function rdbSessionOf(session: Session): Session | null {
  const { syncs, link, number } = session;
  if (!syncs.some(({ decision }) => decision === 'DUALCHANNEL')) return null;
  // One that its link has forgotten, or never listed, keeps a number that is another one's by now.
  if (link.sessions[number - 1] !== session) return null;
  const next = link.sessions[number];
  return next?.channel === 'rdb' ? next : null;
}

/** The main session whose snapshot this session carries; null: it is none of a two-connection sync, or stands alone. */
export function mainSessionOf(session: Session): Session | null {
  if (session.channel !== 'rdb') return null;
  const before = session.link.sessions[session.number - 2];
  return before !== undefined && rdbSessionOf(before) === session ? before : null;
}

/** The payload that a main session's replica has to load before it acknowledges: its own, or that of the other connection. */
export function payloadOf(session: Session): Payload | null {
  return session.payload ?? rdbSessionOf(session)?.payload ?? null;
}

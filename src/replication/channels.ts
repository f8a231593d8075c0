import type { Payload, Session } from './model.js';

/** The two connections of a two-connection sync (Valkey dual channel, Redis 8 RDB channel) are sessions of one link, the main one first. */

/** The session that carries the payload of a main session's two-connection sync; null: it was granted none, or it is not there (yet). */
export function rdbSessionOf({ syncs, link, number }: Session): Session | null {
  if (!syncs.some(({ decision }) => decision === 'DUALCHANNEL')) return null;
  // Sessions are numbered from 1: those behind this one begin at its number.
  const next = link.sessions[number];
  return next?.channel === 'rdb' ? next : null;
}

/** The payload that a main session's replica has to load before it acknowledges: its own, or that of the other connection. */
export function payloadOf(session: Session): Payload | null {
  return session.payload ?? rdbSessionOf(session)?.payload ?? null;
}

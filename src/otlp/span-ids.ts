import { createHash } from 'node:crypto';
import type { Session } from '../replication/model.js';

/**
 * Ids of traces and spans. They are made from what the packets say instead of being drawn: the same packets, live or from a file, once
 * or again, are the same trace, and a span knows the id of its parent, which is sent after it.
 */

/** Hexadecimal digits of an id. */
const TRACE_DIGITS = 32;
const SPAN_DIGITS = 16;

/** The trace of a sync, by its place among those of its session; -1: that of a session without any. */
export function traceIdOf(session: Session, sync: number): string {
  const { link, clientAddress, clientPort, firstSeenAt } = session;
  return digest(`${link.master} ${clientAddress} ${clientPort} ${firstSeenAt} ${sync}`, TRACE_DIGITS);
}

/** A span within its trace. `owner`: what tells its session and sync from others of the same trace. */
export function spanIdOf(owner: string, name: string): string {
  return digest(`${owner} ${name}`, SPAN_DIGITS);
}

function digest(text: string, digits: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, digits);
}

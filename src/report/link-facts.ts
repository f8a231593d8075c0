import type { LinkDocument, RdbDocument, SessionDocument } from './document.js';
import { escapeText } from './escape.js';
import { bytesText, countText, durationText } from './units.js';

/** What tables say of a link, as text. Unknown values are `–`. */

const UNKNOWN = '–';
const ENDPOINT_COLUMNS = 60;

/** The latest main session; a link of rdb sessions only gives its last one. */
export function latestSession(link: LinkDocument): SessionDocument | null {
  return link.sessions.findLast((session) => session.channel === 'main') ?? link.sessions.at(-1) ?? null;
}

/** True when the session's only answers were errors. */
export function isRefused(session: SessionDocument): boolean {
  return session.syncs.length > 0 && session.syncs.every((sync) => sync.decision === 'REFUSED');
}

/** `online`, `closed by replica`, `refused`, `waiting`, …: where the link stood at the end. */
export function stateText(link: LinkDocument): string {
  const session = latestSession(link);
  if (session === null) return UNKNOWN;
  if (isRefused(session)) return 'refused';
  if (session.closedAt === null) return session.phase;
  const how = session.closedHow === 'rst' ? 'reset' : 'closed';
  return session.closedBy === null ? how : `${how} by ${session.closedBy}`;
}

/** End offset of the latest session that has one, `~` before it when it was inferred. */
export function offsetText(link: LinkDocument): string {
  const session = link.sessions.findLast(({ offsets }) => offsets.end !== null);
  if (session?.offsets.end == null) return UNKNOWN;
  return `${session.offsets.basis === 'inferred' ? '~' : ''}${countText(session.offsets.end)}`;
}

/** Bytes, `–` when unknown. */
export function bytesOrUnknown(bytes: number | null): string {
  return bytes === null ? UNKNOWN : bytesText(bytes);
}

/** A duration, `–` when unknown. */
export function durationOrUnknown(ms: number | null): string {
  return ms === null ? UNKNOWN : durationText(ms);
}

/** Gaps of all sessions, with the bytes when there are any: `0`, `2 (1,460 B)`. */
export function gapsText(link: LinkDocument): string {
  const gaps = link.sessions.reduce((total, session) => total + session.loss.gaps, 0);
  const bytes = link.sessions.reduce((total, session) => total + session.loss.missingBytes, 0);
  return gaps === 0 ? '0' : `${countText(gaps)} (${bytesText(bytes)})`;
}

/** An endpoint, safe to print: a replica announces what it likes. */
export function endpointText(endpoint: string, columns = ENDPOINT_COLUMNS): string {
  return escapeText(endpoint, columns);
}

/** The replica's endpoint beside its master's: only the port when the host is the same (`:6381`). */
export function nearEndpoint(master: string, replica: string, columns = ENDPOINT_COLUMNS): string {
  const host = master.slice(0, master.lastIndexOf(':') + 1);
  const short = host.length > 1 && replica.startsWith(host) ? `:${replica.slice(host.length)}` : replica;
  return escapeText(short, columns);
}

/** `Redis 6.2.5` where the version number tells the product, else `server 7.2.6`; null when no payload named it. */
export function serverText(rdb: Pick<RdbDocument, 'server' | 'version'> | null): string | null {
  if (rdb?.server == null) return null;
  const server = escapeText(rdb.server, 30);
  if (!/^\d/.test(server)) return server;
  // Valkey began with 7.2.5, and its payloads before 9.0 (RDB 80) do not differ in format from those of Redis 7.2.
  if (rdb.version !== null && rdb.version >= 80) return `Valkey ${server}`;
  return /^([2-6]|7\.0)\./.test(server) ? `Redis ${server}` : `server ${server}`;
}

import { causeText } from '../causes.js';
import type { SyncDocument } from '../document.js';
import { parseMicros } from '../time.js';
import { bytesText, countText, durationText, plural } from '../units.js';
import { ageMs, type LinkState } from './link-state.js';
import type { LinkRate } from './rates.js';

/** What is wrong with a link now, worst first, in words. Texts are safe to print. */
export interface Trouble {
  /** `bad`: replication does not do its work. `warn`: worth a look. */
  severity: 'bad' | 'warn';
  text: string;
}

/** Replicas acknowledge once a second: three missed are worth a look, ten are an outage (repl-timeout is 60 s by default). */
export const ACK_WARN_MS = 3000;
export const ACK_BAD_MS = 10_000;

/** The age of lag at which the `lag.high` event is told. */
export const LAG_BAD_MS = 5000;

/** How far back resyncs and reconnects count as recent, µs, and how many of them are a loop. */
const RECENT_US = 5 * 60_000_000;
const LOOP = 3;

/** Troubles of a link at `now` (µs). `moved`: its replica is online at another master by now. */
export function troublesOf(state: LinkState, rate: LinkRate, now: number, moved = false): Trouble[] {
  const { session } = state;
  if (session === null) return [];
  const found = [...notOnline(state, now, moved), ...slow(state), ...recent(state, now)];
  if (rate.gaps > 0) found.push(warn(`the capture lost ${bytesText(rate.missingBytes)} just now`));
  if (state.payload?.rdb?.checksum === 'invalid') found.push(bad('checksum of the payload is invalid'));
  if (session.drift !== null && session.drift !== 0)
    found.push(bad(`offsets differ by ${countText(session.drift)} at rest`));
  return [...found.filter(isBad), ...found.filter((trouble) => !isBad(trouble))];
}

function bad(text: string): Trouble {
  return { severity: 'bad', text };
}

function warn(text: string): Trouble {
  return { severity: 'warn', text };
}

/** True for what stands between a replica and its data. */
export function isBad(trouble: Trouble): boolean {
  return trouble.severity === 'bad';
}

function notOnline({ phase, session, lastSync, link }: LinkState, now: number, moved: boolean): Trouble[] {
  if (phase === 'refused') {
    const why = lastSync === null ? '' : `: ${causeText(lastSync)}`;
    return [bad(`refused${why}`)];
  }
  if (phase !== 'closed' || session === null || session.closedAt === null) return [];
  // A dump client leaves when it has its payload; a replica that went to another master is watched there.
  if (moved || lastSync?.cause === 'rdb-only') return [];
  const how = session.closedHow === 'rst' ? 'reset' : 'closed';
  const by = session.closedBy === null ? '' : ` by the ${session.closedBy}`;
  const text = `${how}${by} ${durationText(ageMs(session.closedAt, now))} ago`;
  return [link.replicaPortAnnounced ? bad(text) : warn(text)];
}

function slow({ ackAgeMs, lagMs, lagBytes }: LinkState): Trouble[] {
  const found: Trouble[] = [];
  if (ackAgeMs !== null && ackAgeMs >= ACK_WARN_MS) {
    const text = `no ACK for ${durationText(ackAgeMs)}`;
    found.push(ackAgeMs >= ACK_BAD_MS ? bad(text) : warn(text));
  }
  if (lagMs !== null && lagBytes !== null && lagBytes > 0 && lagMs >= LAG_BAD_MS)
    found.push(bad(`${durationText(lagMs)} behind: ${bytesText(lagBytes)} not acknowledged`));
  return found;
}

function isFull({ decision }: SyncDocument): boolean {
  return decision === 'FULLRESYNC' || decision === 'SYNC';
}

/** What happened in the last minutes: a resync that was not the first one, loops of resyncs and of connections. */
function recent({ link }: LinkState, now: number): Trouble[] {
  let connections = 0;
  let full = 0;
  let latest: SyncDocument | null = null;
  for (let i = link.sessions.length - 1; i >= 0; i--) {
    const session = link.sessions[i]!;
    if (now - parseMicros(session.firstSeenAt) > RECENT_US) break;
    if (session.channel === 'main') connections++;
    const resync = session.syncs.findLast(isFull);
    if (resync === undefined) continue;
    full++;
    latest ??= resync;
  }
  if (full >= LOOP) return [bad(`${plural(full, 'full resync')} in 5 minutes`)];
  if (connections >= LOOP) return [warn(`${plural(connections, 'connection')} in 5 minutes`)];
  if (
    latest === null ||
    latest.decidedAt === null ||
    latest.cause === 'first-sync' ||
    latest.cause === 'rdb-only'
  )
    return [];
  return [warn(`full resync ${durationText(ageMs(latest.decidedAt, now))} ago: ${causeText(latest)}`)];
}

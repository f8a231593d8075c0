import type { Link, Session } from '../../replication/model.js';
import type { SummaryDocument } from '../document.js';
import { countSyncs, highest, linkDocument, syncParts } from '../summary.js';
import { EarlierSessions, type LiveLinkDocument } from './earlier-sessions.js';
import { isOver } from './link-state.js';

/** Links that are looked at; further ones are counted. Nobody reads more, and each costs time at each look. */
export const MAX_LIVE_LINKS = 1000;

/** Sessions of a link that stay listed: more than any view shows. */
export const RECENT_SESSIONS = 64;

/** Packets of a session may still be on their way for so long after it was closed, µs. */
const SETTLED_AFTER_US = 2_000_000;

/** What live views are made from: the summary document, or the part of it that can be made each second for days. */
export interface LiveDocument extends Pick<SummaryDocument, 'capture' | 'ignored' | 'findings'> {
  links: LiveLinkDocument[];
  /** Links beyond MAX_LIVE_LINKS; none unless told. */
  leftOut?: number;
}

interface Known {
  earlier: EarlierSessions;
  /** Those in `earlier`: by identity, as a link may turn out to be the past of another one. */
  summed: WeakSet<Session>;
  /** All sessions before this index are summed, and which one comes before it. */
  from: number;
  before: Session | undefined;
  /** To see that the sessions are still the same ones. */
  sessions: readonly Session[];
  first: Session | undefined;
}

/** The links as live views have them, look by look: what is over is summed up once. One of these serves all views. */
export class LiveLinks {
  #known = new Map<Link, Known>();

  /**
   * The links at `now` (µs), as of the latest packet. Links that are over for long (GONE_AFTER_US, SILENT_AFTER_US) are left out, and
   * what was known of them forgotten.
   */
  look(links: readonly Link[], now: number): Required<Pick<LiveDocument, 'links' | 'leftOut'>> {
    const before = this.#known;
    this.#known = new Map();
    const documents: LiveLinkDocument[] = [];
    let leftOut = 0;
    for (const link of links) {
      const latest = latestMain(link);
      if (latest === null || isOver(latest.closedAt, latest.acks.lastAt, now)) continue;
      if (documents.length >= MAX_LIVE_LINKS) {
        leftOut++;
        continue;
      }
      const known = stillKnown(before.get(link), link);
      this.#known.set(link, known);
      documents.push(document(link, sumUp(link, latest, known, now), known.earlier));
    }
    return { links: documents, leftOut };
  }
}

function latestMain({ sessions }: Link): Session | null {
  return sessions.findLast(({ channel }) => channel === 'main') ?? sessions.at(-1) ?? null;
}

/** What was known, unless the link got another past since. */
function stillKnown(known: Known | undefined, { sessions }: Link): Known {
  if (known !== undefined && known.sessions === sessions && known.first === sessions[0]) return known;
  return {
    earlier: new EarlierSessions(),
    summed: new WeakSet(),
    from: 0,
    before: undefined,
    sessions,
    first: sessions[0],
  };
}

/** Sums up what is over. @returns the sessions that stay, in their order. */
function sumUp({ sessions }: Link, latest: Session, known: Known, now: number): Session[] {
  const { earlier, summed } = known;
  const end = sessions.length - RECENT_SESSIONS;
  const kept: Session[] = [];
  // A link with very many sessions lets some in their middle go.
  if (sessions[known.from - 1] !== known.before) known.from = 0;
  for (let i = known.from; i < sessions.length; i++) {
    const session = sessions[i]!;
    if (summed.has(session)) continue;
    const { closedAt } = session;
    if (i < end && closedAt !== null && now - closedAt > SETTLED_AFTER_US && session !== latest) {
      earlier.add(session);
      summed.add(session);
    } else kept.push(session);
  }
  while (known.from < end && summed.has(sessions[known.from]!)) known.from++;
  known.before = sessions[known.from - 1];
  return kept;
}

function document(link: Link, sessions: Session[], earlier: EarlierSessions): LiveLinkDocument {
  const part = linkDocument({ ...link, sessions });
  if (earlier.count === 0) return part;
  const { full, partial, refused, reconnects } = countSyncs(syncParts(sessions, earlier.syncs));
  const { lag, behind } = part;
  return {
    ...part,
    fullResyncs: full,
    partialResyncs: partial,
    refusedSyncs: refused,
    reconnects,
    lag: {
      ...lag,
      maxBytes: highest([lag.maxBytes, earlier.lag.maxBytes]),
      maxMs: highest([lag.maxMs, earlier.lag.maxMs]),
      maxAckIntervalMs: highest([lag.maxAckIntervalMs, earlier.lag.maxAckIntervalMs]),
    },
    behind: {
      maxBytes: highest([behind.maxBytes, earlier.behind.maxBytes]),
      maxMs: highest([behind.maxMs, earlier.behind.maxMs]),
    },
    earlier,
  };
}

import type { Session } from '../../replication/model.js';
import type { LinkDocument, PayloadDocument, SessionDocument } from '../document.js';
import { sessionDocument } from '../session-document.js';
import { highest, type SyncParts, syncParts } from '../summary.js';
import { SESSION_SUMS, type SessionSum } from './session-sums.js';
import { checksumsOf, count, decisionsOf, replidOf } from './session-tally.js';

/** A link as live views have it: its totals are those of all sessions, and `sessions` may be the latest ones only. */
export interface LiveLinkDocument extends LinkDocument {
  /** What those that are not listed add up to; none when all are listed. */
  earlier?: EarlierSessions;
}

const SUM_NAMES = Object.keys(SESSION_SUMS) as SessionSum[];

/**
 * What the earlier sessions of a link add up to. A replica that comes back each second makes 86,400 of them a day: a look that went
 * through all of them would keep the program from reading packets.
 */
export class EarlierSessions {
  count = 0;
  /** Over all of them. */
  readonly sums = Object.fromEntries(SUM_NAMES.map((name) => [name, 0])) as Record<SessionSum, number>;
  readonly decisions = new Map<string, number>();
  readonly checksums = new Map<string, number>();
  syncs: SyncParts = syncParts([]);
  /** The highest of each, as the link's part of the document has them. */
  lag: Pick<LinkDocument['lag'], 'maxBytes' | 'maxMs' | 'maxAckIntervalMs'> = {
    maxBytes: null,
    maxMs: null,
    maxAckIntervalMs: null,
  };
  behind: LinkDocument['behind'] = { maxBytes: null, maxMs: null };
  /** The latest payload, and the replication id told last. */
  payload: PayloadDocument | null = null;
  replid: string | null = null;

  /** Takes one more session, in the order of the link, that does not change any more. */
  add(session: Session): void {
    const document: SessionDocument = sessionDocument(session);
    const { lag, acks, behind } = document;
    this.count++;
    for (const name of SUM_NAMES) this.sums[name] += SESSION_SUMS[name](document);
    count(this.decisions, decisionsOf(document));
    count(this.checksums, checksumsOf(document));
    this.syncs = syncParts([session], this.syncs);
    this.lag = {
      maxBytes: highest([this.lag.maxBytes, lag.maxBytes]),
      maxMs: highest([this.lag.maxMs, lag.maxMs]),
      maxAckIntervalMs: highest([this.lag.maxAckIntervalMs, acks.maxIntervalMs]),
    };
    this.behind = {
      maxBytes: highest([this.behind.maxBytes, behind.maxBytes]),
      maxMs: highest([this.behind.maxMs, behind.maxMs]),
    };
    this.payload = document.payload ?? this.payload;
    this.replid = replidOf(document) ?? this.replid;
  }
}

/** A total over all sessions of a link, those that are only summed up included. */
export function sumOf({ sessions, earlier }: LiveLinkDocument, name: SessionSum): number {
  const of = SESSION_SUMS[name];
  return sessions.reduce((total, session) => total + of(session), earlier?.sums[name] ?? 0);
}

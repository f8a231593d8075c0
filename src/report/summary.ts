import type { Link, Session } from '../replication/model.js';
import type { CaptureDocument, FindingDocument, LinkDocument, SummaryDocument } from './document.js';
import { ms, sessionDocument } from './session-document.js';
import type { SiblingDocument } from './siblings-document.js';

/** What a summary is made of; `ignored` and `capture` are taken as they are. */
export interface SummaryInput {
  capture: CaptureDocument;
  ignored: SummaryDocument['ignored'];
  limits?: SummaryDocument['limits'];
  links: readonly Link[];
  siblings?: readonly SiblingDocument[];
  findings?: readonly FindingDocument[];
}

interface SyncCounts {
  full: number;
  partial: number;
  refused: number;
  reconnects: number;
}

/** What the counts of a link are made of: each is a sum over sessions, so that the parts of a link's sessions can be added up. */
export interface SyncParts {
  /** Main sessions. */
  main: number;
  /** Full resyncs decided on main and on rdb sessions. */
  full: number;
  granted: number;
  /** Main sessions that were told DUALCHANNEL, and those of them that went on; rdb sessions with a payload. */
  announced: number;
  wentOn: number;
  served: number;
  partial: number;
  refused: number;
}

const NO_SYNCS: SyncParts = {
  main: 0,
  full: 0,
  granted: 0,
  announced: 0,
  wentOn: 0,
  served: 0,
  partial: 0,
  refused: 0,
};

/** Adds what sessions contribute to `before`, which stays as it is. */
export function syncParts(sessions: readonly Session[], before: SyncParts = NO_SYNCS): SyncParts {
  const parts = { ...before };
  for (const session of sessions) {
    parts.refused += decisions(session, 'REFUSED');
    if (session.channel === 'rdb') {
      parts.granted += fullDecisions(session);
      if (session.payload !== null) parts.served++;
      continue;
    }
    parts.main++;
    parts.full += fullDecisions(session);
    if (isResumed(session)) parts.partial++;
    if (decisions(session, 'DUALCHANNEL') === 0) continue;
    parts.announced++;
    if (decisions(session, 'CONTINUE') > 0) parts.wentOn++;
  }
  return parts;
}

/**
 * Counts a link's decisions by the contract's terms. In a two-connection sync the main session is told DUALCHANNEL and
 * later CONTINUE while the payload's own decision is on the rdb session: one full resync, no partial one, no reconnect.
 */
export function countSyncs(parts: SyncParts): SyncCounts {
  const { main, full, granted, announced, wentOn, served, partial, refused } = parts;
  return {
    // A capture may lack the rdb session's decision; its payload then stands for it, or that the main one went on. An announcement
    // alone is no full resync: the replica never came for its payload, or was not given any.
    full: full + Math.max(granted, wentOn, Math.min(announced, served)),
    partial,
    refused,
    reconnects: Math.max(0, main - 1),
  };
}

function decisions(session: Session, decision: string): number {
  return session.syncs.filter((sync) => sync.decision === decision).length;
}

function fullDecisions(session: Session): number {
  return decisions(session, 'FULLRESYNC') + decisions(session, 'SYNC');
}

/** Resumed by CONTINUE, and not as the second half of a two-connection sync. */
function isResumed(session: Session): boolean {
  if (session.payload !== null) return false;
  const first = session.syncs.find((sync) => sync.decision === 'CONTINUE' || sync.decision === 'DUALCHANNEL');
  return first?.decision === 'CONTINUE';
}

/** The highest that is known; null when none is. */
export function highest(values: readonly (number | null)[]): number | null {
  return values.reduce((max, value) => (value !== null && (max === null || value > max) ? value : max), null);
}

/** The `links` part of one link: its counters, and the worst of its sessions. `last…` is that of the latest main session. */
export function linkDocument(link: Link): LinkDocument {
  const { sessions } = link;
  const counts = countSyncs(syncParts(sessions));
  const latest = sessions.findLast((session) => session.channel === 'main') ?? null;
  return {
    id: link.id,
    master: link.master,
    replica: link.replica,
    replicaPortAnnounced: link.replicaPortAnnounced,
    fullResyncs: counts.full,
    partialResyncs: counts.partial,
    refusedSyncs: counts.refused,
    reconnects: counts.reconnects,
    lag: {
      lastBytes: latest?.lag.lastBytes ?? null,
      maxBytes: highest(sessions.map((session) => session.lag.maxBytes)),
      lastMs: ms(latest?.lag.lastMs ?? null),
      maxMs: ms(highest(sessions.map((session) => session.lag.maxMs))),
      maxAckIntervalMs: ms(highest(sessions.map((session) => session.acks.maxIntervalMs))),
    },
    behind: {
      maxBytes: highest(sessions.map((session) => session.lag.behindMaxBytes)),
      maxMs: ms(highest(sessions.map((session) => session.lag.behindMaxMs))),
    },
    sessions: sessions.map(sessionDocument),
  };
}

/** The summary document of docs/output-contract.md. Nothing of the input is kept: the result is plain JSON. */
export function buildSummary(input: SummaryInput): SummaryDocument {
  return {
    schema: 'psyncscope.summary/1',
    capture: { ...input.capture },
    ignored: { ...input.ignored },
    limits: [...(input.limits ?? [])],
    links: input.links.map(linkDocument),
    siblings: [...(input.siblings ?? [])],
    findings: [...(input.findings ?? [])],
  };
}

import type { Link, Session } from '../replication/model.js';
import type { CaptureDocument, FindingDocument, LinkDocument, SummaryDocument } from './document.js';
import { ms, sessionDocument } from './session-document.js';
import type { SiblingDocument } from './siblings-document.js';

/** What a summary is made of; `ignored` and `capture` are taken as they are. */
export interface SummaryInput {
  capture: CaptureDocument;
  ignored: SummaryDocument['ignored'];
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

/**
 * Counts a link's decisions by the contract's terms. In a two-connection sync the main session is told DUALCHANNEL and
 * later CONTINUE while the payload's own decision is on the rdb session: one full resync, no partial one, no reconnect.
 */
function countSyncs(link: Link): SyncCounts {
  const main = link.sessions.filter((session) => session.channel === 'main');
  const rdb = link.sessions.filter((session) => session.channel === 'rdb');
  // A capture may lack the rdb session's decision; its payload then stands for it, or that the main one went on. An announcement
  // alone is no full resync: the replica never came for its payload, or was not given any.
  const granted = sum(rdb, fullDecisions);
  const announced = main.filter((session) => decisions(session, 'DUALCHANNEL') > 0);
  const served = rdb.filter((session) => session.payload !== null).length;
  const wentOn = announced.filter((session) => decisions(session, 'CONTINUE') > 0).length;
  return {
    full: sum(main, fullDecisions) + Math.max(granted, wentOn, Math.min(announced.length, served)),
    partial: main.filter(isResumed).length,
    refused: sum(link.sessions, (session) => decisions(session, 'REFUSED')),
    reconnects: Math.max(0, main.length - 1),
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

function sum(sessions: readonly Session[], count: (session: Session) => number): number {
  return sessions.reduce((total, session) => total + count(session), 0);
}

function highest(values: readonly (number | null)[]): number | null {
  return values.reduce((max, value) => (value !== null && (max === null || value > max) ? value : max), null);
}

/** The `links` part of one link: its counters, and the worst of its sessions. `last…` is that of the latest main session. */
export function linkDocument(link: Link): LinkDocument {
  const counts = countSyncs(link);
  const { sessions } = link;
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
    links: input.links.map(linkDocument),
    siblings: [...(input.siblings ?? [])],
    findings: [...(input.findings ?? [])],
  };
}

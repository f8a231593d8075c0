import type { LimitName } from '../replication/limit-counts.js';
import type { AnatomyDocument } from './anatomy/anatomy-document.js';
import type { RdbDocument } from './rdb-document.js';
import type { SiblingDocument } from './siblings-document.js';

export type { BigKeyDocument, RdbDocument } from './rdb-document.js';

/**
 * The summary document, `psyncscope.summary/1`: see docs/output-contract.md. Times are ISO 8601 UTC with six decimals, sizes
 * bytes, `…Ms` milliseconds. null means not known from this capture.
 */
export interface SummaryDocument {
  schema: 'psyncscope.summary/1';
  capture: CaptureDocument;
  /** `unlistedSessions` (an addition to the contract): sessions of links beyond the program's limits. */
  ignored: { connections: number; encryptedConnections: number; unlistedSessions: number };
  /** An addition to the contract: limits of the program that were reached (docs/limits.md). */
  limits: LimitDocument[];
  links: LinkDocument[];
  /** An addition to the contract: links of one history, compared byte by byte. */
  siblings: SiblingDocument[];
  findings: FindingDocument[];
}

export interface InferenceDocument {
  /** ACKs that were looked at, and the number (from 1) of the one that gave the start offset; 0: what was asked for did. */
  acks: number;
  settledAfter: number;
  certainty: 'exact' | 'at-least';
}

export interface LimitDocument {
  limit: LimitName;
  /** The limit, and how often something more came. */
  most: number;
  times: number;
}

export interface CaptureDocument {
  sources: string[];
  format: 'pcap' | 'pcapng' | 'live';
  linkTypes: string[];
  packets: number;
  bytes: number;
  cutPackets: number;
  kernelDrops: number | null;
  firstTime: string | null;
  lastTime: string | null;
  complete: boolean;
}

export interface FindingDocument {
  severity: 'info' | 'warning' | 'error';
  code: string;
  link: string | null;
  /** Additions to the contract: number of the session, and a display filter (`tshark -Y`) for the packets. */
  session: number | null;
  at: string | null;
  message: string;
  advice: string | null;
  packets: number[];
  filter: string | null;
  evidence: Record<string, unknown>;
}

export interface LinkDocument {
  id: string;
  master: string;
  replica: string;
  replicaPortAnnounced: boolean;
  fullResyncs: number;
  partialResyncs: number;
  refusedSyncs: number;
  reconnects: number;
  lag: {
    lastBytes: number | null;
    maxBytes: number | null;
    lastMs: number | null;
    maxMs: number | null;
    maxAckIntervalMs: number | null;
  };
  behind: { maxBytes: number | null; maxMs: number | null };
  sessions: SessionDocument[];
}

export interface SyncDocument {
  command: 'PSYNC' | 'SYNC';
  replid: string | null;
  offset: number | null;
  failover: boolean;
  requestedAt: string;
  decidedAt: string | null;
  decision: 'FULLRESYNC' | 'CONTINUE' | 'SYNC' | 'DUALCHANNEL' | 'REFUSED' | null;
  grantedReplid: string | null;
  grantedOffset: number | null;
  error: string | null;
  cause: string | null;
  missedBytes: number | null;
  /** An addition to the contract: docs/causes.md. */
  why: WhyDocument | null;
}

/** What all sessions and links together tell of a decision's cause. */
export interface WhyDocument {
  code: string;
  /** Other codes that remain possible; empty where the evidence is conclusive. */
  orElse: string[];
  evidence: Record<string, string | number | null>;
}

export interface PayloadDocument {
  form: 'length' | 'eof-mark' | null;
  declaredBytes: number | null;
  bytes: number;
  complete: boolean;
  startedAt: string | null;
  finishedAt: string | null;
  sha256: string | null;
  waitMs: number | null;
  transferMs: number | null;
  loadMs: number | null;
  rdb: RdbDocument | null;
  /** An addition to the contract: what the sync's time went to. */
  anatomy: AnatomyDocument | null;
}

export interface SessionDocument {
  clientPort: number;
  channel: 'main' | 'rdb';
  openedAt: string | null;
  joinedMidstream: boolean;
  closedAt: string | null;
  closedBy: 'master' | 'replica' | null;
  closedHow: 'fin' | 'rst' | null;
  phase: 'connected' | 'handshake' | 'waiting' | 'transfer' | 'online';
  /** Additions to the contract: first packet of the connection in the capture; when the session came online. */
  firstSeenAt: string;
  onlineAt: string | null;
  handshake: {
    ping: string | null;
    auth: 'none' | 'accepted' | 'rejected';
    listeningPort: number | null;
    announcedAddress: string | null;
    capabilities: string[];
    replicaVersion: string | null;
  };
  syncs: SyncDocument[];
  payload: PayloadDocument | null;
  offsets: {
    basis: 'handshake' | 'inferred' | 'none';
    start: number | null;
    end: number | null;
    lastAck: number | null;
    lastFsyncAck: number | null;
    /** An addition to the contract: what an inferred start offset rests on (docs/offsets.md). */
    inference: InferenceDocument | null;
  };
  stream: {
    bytes: number;
    commands: number;
    byCommand: Record<string, number>;
    databases: number[];
    pings: number;
    getAcks: number;
    keepaliveNewlines: number;
  };
  acks: { count: number; firstAt: string | null; lastAt: string | null; maxIntervalMs: number | null };
  lag: {
    lastBytes: number | null;
    maxBytes: number | null;
    lastMs: number | null;
    maxMs: number | null;
    p50Ms: number | null;
    p99Ms: number | null;
    /** Additions to the contract: when the highest lag was reached, how long until it was acknowledged, and its course. */
    maxBytesAt: string | null;
    caughtUpMs: number | null;
    series: { startAt: string; stepMs: number; maxBytes: number[] } | null;
  };
  behind: { maxBytes: number | null; maxMs: number | null };
  drift: number | null;
  loss: {
    gaps: number;
    missingBytes: number;
    retransmittedBytes: number;
    outOfOrderSegments: number;
    zeroWindowMs: number;
    resyncs: number;
    /** An addition to the contract: stream bytes that were passed over by then, missing ones included. */
    skippedBytes: number;
    /** Additions to the contract: copies made by the capture, and retransmissions whose bytes differed. */
    duplicatePackets: number;
    conflictingBytes: number;
  };
}

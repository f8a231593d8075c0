import type { RdbTypeFacts } from '../rdb/facts.js';
import type { RankedKey } from '../rdb/top-keys.js';
import type { ClosedHow, LossCounters } from '../tcp/types.js';
import type { Why } from './why.js';

/** Furthest state a session reached. */
export type Phase = 'connected' | 'handshake' | 'waiting' | 'transfer' | 'online';

export type Decision = 'FULLRESYNC' | 'CONTINUE' | 'SYNC' | 'DUALCHANNEL' | 'REFUSED';

export type Cause =
  | 'first-sync'
  | 'continued'
  | 'replid-mismatch'
  | 'backlog-miss'
  | 'offset-ahead'
  | 'replid-switched'
  | 'legacy-sync'
  | 'rdb-only'
  | 'failover'
  | 'not-ready'
  | 'auth'
  | 'unsupported'
  | 'unknown';

export interface Handshake {
  /** Text of the reply to PING without its type byte (`PONG`, or an error text); null when not seen. */
  ping: string | null;
  auth: 'none' | 'accepted' | 'rejected';
  listeningPort: number | null;
  announcedAddress: string | null;
  capabilities: string[];
  replicaVersion: string | null;
  /** The client asked for the payload only (`REPLCONF rdb-only 1`). */
  rdbOnly: boolean;
}

/** One PSYNC or SYNC and what became of it. Times in µs. */
export interface Sync {
  command: 'PSYNC' | 'SYNC';
  replid: string | null;
  offset: number | null;
  failover: boolean;
  requestedAt: number;
  requestPacket: number;
  decidedAt: number | null;
  decisionPacket: number | null;
  decision: Decision | null;
  grantedReplid: string | null;
  grantedOffset: number | null;
  error: string | null;
  cause: Cause | null;
  missedBytes: number | null;
  /** What the whole capture adds to the cause; null: nothing, or not decided. */
  why: Why | null;
}

/** Something worth a person's attention: facts alone, src/report/findings has the words. */
export interface Finding {
  severity: 'info' | 'warning' | 'error';
  code: string;
  /** Numbers of the packets that show it, in order. */
  packets: number[];
  evidence: Record<string, string | number | null>;
}

/** What was read of an RDB payload; null: not known. The contract's `rdb` part. */
export interface RdbFacts {
  version: number | null;
  server: string | null;
  keys: number | null;
  expires: number | null;
  databases: Record<string, { keys: number; expires: number }> | null;
  types: Record<string, number> | null;
  /** Keys whose expiry lay before the payload's first packet. */
  expired: number | null;
  byType: Record<string, RdbTypeFacts> | null;
  /** null: not asked for, or beyond MAX_DETAILED_PAYLOADS (as `aux`). */
  biggest: { byBytes: RankedKey[]; byElements: RankedKey[] } | null;
  /** Auxiliary fields by name, in the order of the payload. */
  aux: ReadonlyMap<string, string> | null;
  functions: number | null;
  checksum: 'valid' | 'invalid' | 'disabled' | 'absent' | 'unchecked';
  complete: boolean;
  /** What does not follow the format, and where; null with `complete` false: it broke off. */
  error: { message: string; position: number } | null;
  /** AUX repl-id, repl-offset and repl-stream-db of the header. */
  replid: string | null;
  replOffset: number | null;
  streamDb: number | null;
}

export interface Payload {
  /** null: joined inside the payload, its header was not captured. */
  form: 'length' | 'eof-mark' | null;
  declaredBytes: number | null;
  bytes: number;
  complete: boolean;
  startedAt: number | null;
  startPacket: number | null;
  finishedAt: number | null;
  finishPacket: number | null;
  /** Of its latest bytes, µs. */
  lastAt: number | null;
  sha256: string | null;
  /** First ACK after the payload, µs. */
  loadedAt: number | null;
  missingBytes: number;
  rdb: RdbFacts | null;
  /** What TCP showed on the way; null: joined inside of it. */
  transfer: TransferFacts | null;
  /** Stream bytes sent by the first ACK after it: what was written since the snapshot. */
  writtenBytes: number | null;
  /** First ACK behind which nothing old was unacknowledged, µs. */
  caughtUpAt: number | null;
}

/** Pauses of a payload's sender and their reasons; see TransferWatch. */
export interface TransferFacts {
  /** Nothing on its way and the window open: it had nothing to send. */
  idleMs: number;
  longestIdleMs: number;
  /** It waited for ACKs, or for what was lost to be sent again. */
  unacknowledgedMs: number;
  /** The replica had closed its window. */
  zeroWindowMs: number;
  retransmittedBytes: number;
  /** Most bytes not acknowledged at a time, as the capture saw it. */
  maxFlightBytes: number;
}

/** What came in the command stream of a session. */
export interface StreamFacts {
  bytes: number;
  commands: number;
  byCommand: Map<string, number>;
  databases: Set<number>;
  pings: number;
  getAcks: number;
  keepaliveNewlines: number;
  /** Times the decoder lost its place in the commands and found it again. */
  resyncs: number;
  /** Bytes from where it lost it to where it found it, missing ones included. */
  skippedBytes: number;
  /** Packet time of the stream's last byte, µs; and the longest time without one between two, with when it began. */
  lastAt: number | null;
  maxSilenceMs: number;
  maxSilenceAt: number | null;
  /** The last byte captured is not the last one of a command. */
  endsInside: boolean;
}

/** What an inferred start offset rests on (docs/offsets.md). */
export interface Inference {
  /** ACKs that were looked at, and the number (from 1) of the one that gave the start offset; 0: none did, what was asked for did. */
  acks: number;
  settledAfter: number;
  /** exact: ACKs of different offsets agree on it. at-least: it may yet rise. */
  certainty: 'exact' | 'at-least';
}

export interface Offsets {
  basis: 'handshake' | 'inferred' | 'none';
  start: number | null;
  end: number | null;
  lastAck: number | null;
  /** FACK of the last ACK: what the replica's AOF has fsynced (7.2+). */
  lastFsyncAck: number | null;
  /** Up to here the replica's TCP has acknowledged: received, whether or not applied. As of the last `lag.high`, or the end. */
  received: number | null;
  /** null unless `basis` is `inferred`. */
  inference: Inference | null;
}

export interface AckFacts {
  count: number;
  firstAt: number | null;
  lastAt: number | null;
  maxIntervalMs: number | null;
}

/** Lag as the contract's terms define it; ms are fractions of a millisecond. */
export interface LagFacts {
  lastBytes: number | null;
  maxBytes: number | null;
  /** Packet time (µs) at which `maxBytes` was reached, and how long until the replica had acknowledged that offset. */
  maxBytesAt: number | null;
  caughtUpMs: number | null;
  lastMs: number | null;
  maxMs: number | null;
  p50Ms: number | null;
  p99Ms: number | null;
  behindMaxBytes: number | null;
  behindMaxMs: number | null;
  drift: number | null;
  /** Highest lag in bytes in each of at most 60 equal steps of time, for a sparkline. */
  series: { startAt: number; stepMs: number; maxBytes: number[] } | null;
}

/** One TCP connection of a link. */
export interface Session {
  /** Number within its link, from 1. */
  number: number;
  link: Link;
  clientAddress: string;
  clientPort: number;
  channel: 'main' | 'rdb';
  openedAt: number | null;
  firstSeenAt: number;
  joinedMidstream: boolean;
  closedAt: number | null;
  closedBy: 'master' | 'replica' | null;
  closedHow: ClosedHow | null;
  phase: Phase;
  handshake: Handshake;
  /** Requests of the handshake were not captured: they may have announced more. */
  requestsLost: boolean;
  syncs: Sync[];
  payload: Payload | null;
  stream: StreamFacts;
  offsets: Offsets;
  acks: AckFacts;
  lag: LagFacts;
  /** Of the connection's handshake, µs; null: not captured. */
  roundTripUs: number | null;
  /** Packet time at which the session came online, µs. */
  onlineAt: number | null;
  /** Loss in both directions of the connection. */
  loss: LossCounters & { zeroWindowMs: number };
}

export interface Link {
  id: string;
  master: string;
  replica: string;
  replicaPortAnnounced: boolean;
  sessions: Session[];
}

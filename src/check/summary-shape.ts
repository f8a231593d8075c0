import type { AnatomyDocument } from '../report/anatomy/anatomy-document.js';
import type {
  CaptureDocument,
  FindingDocument,
  InferenceDocument,
  LimitDocument,
  LinkDocument,
  PayloadDocument,
  RdbDocument,
  SessionDocument,
  SummaryDocument,
  SyncDocument,
  WhyDocument,
} from '../report/document.js';
import type { SiblingDocument } from '../report/siblings-document.js';
import { ANY, BOOLEAN, BYTES, COUNT, list, MS, map, object, oneOf, TEXT, TIME } from './shape.js';

/** The shape of the summary document, docs/output.md. A test holds it against the documents of every fixture. */

const DECISIONS = ['FULLRESYNC', 'CONTINUE', 'SYNC', 'DUALCHANNEL', 'REFUSED'];
const CAUSES = [
  'first-sync',
  'continued',
  'replid-mismatch',
  'backlog-miss',
  'offset-ahead',
  'replid-switched',
  'legacy-sync',
  'rdb-only',
  'failover',
  'not-ready',
  'auth',
  'unsupported',
  'unknown',
];
const PHASES = oneOf('connected', 'handshake', 'waiting', 'transfer', 'online');
const SEVERITIES = oneOf('info', 'warning', 'error');

export const SYNC_SHAPE = object<SyncDocument>({
  command: oneOf('PSYNC', 'SYNC'),
  replid: TEXT,
  offset: COUNT,
  failover: BOOLEAN,
  requestedAt: TIME,
  decidedAt: TIME,
  decision: oneOf(...DECISIONS),
  grantedReplid: TEXT,
  grantedOffset: COUNT,
  error: TEXT,
  cause: oneOf(...CAUSES),
  missedBytes: BYTES,
  why: object<WhyDocument>({ code: TEXT, orElse: list(TEXT), evidence: map(ANY) }),
});

const RDB = object<RdbDocument>({
  version: COUNT,
  server: TEXT,
  keys: COUNT,
  expires: COUNT,
  databases: map(object<{ keys: number; expires: number }>({ keys: COUNT, expires: COUNT })),
  types: map(COUNT),
  functions: COUNT,
  checksum: oneOf('valid', 'invalid', 'disabled', 'absent', 'unchecked'),
  complete: BOOLEAN,
  expired: COUNT,
  byType: map(
    object<NonNullable<RdbDocument['byType']>[string]>({
      keys: COUNT,
      elements: COUNT,
      bytes: BYTES,
      encodings: map(COUNT),
    }),
  ),
  biggestKeys: object<NonNullable<RdbDocument['biggestKeys']>>({
    byBytes: list(ANY),
    byElements: list(ANY),
  }),
  aux: map(TEXT),
  error: object<NonNullable<RdbDocument['error']>>({ message: TEXT, position: COUNT }),
});

export const PAYLOAD_SHAPE = object<PayloadDocument>({
  form: oneOf('length', 'eof-mark'),
  declaredBytes: BYTES,
  bytes: BYTES,
  complete: BOOLEAN,
  startedAt: TIME,
  finishedAt: TIME,
  sha256: TEXT,
  waitMs: MS,
  transferMs: MS,
  loadMs: MS,
  rdb: RDB,
  anatomy: object<AnatomyDocument>({
    totalMs: MS,
    waitMs: MS,
    transferMs: MS,
    loadMs: MS,
    catchUpMs: MS,
    bytesPerSecond: BYTES,
    roundTripMs: MS,
    idleMs: MS,
    unacknowledgedMs: MS,
    zeroWindowMs: MS,
    retransmittedBytes: BYTES,
    maxFlightBytes: BYTES,
    writtenBytes: BYTES,
    boundBy: TEXT,
    reason: TEXT,
    reasonMs: MS,
  }),
});

export const LAG_SHAPE = object<SessionDocument['lag']>({
  lastBytes: BYTES,
  maxBytes: BYTES,
  lastMs: MS,
  maxMs: MS,
  p50Ms: MS,
  p99Ms: MS,
  maxBytesAt: TIME,
  caughtUpMs: MS,
  series: object<NonNullable<SessionDocument['lag']['series']>>({
    startAt: TIME,
    stepMs: MS,
    maxBytes: list(BYTES),
  }),
});

export const SESSION_SHAPE = object<SessionDocument>({
  clientPort: COUNT,
  channel: oneOf('main', 'rdb'),
  openedAt: TIME,
  joinedMidstream: BOOLEAN,
  closedAt: TIME,
  closedBy: oneOf('master', 'replica'),
  closedHow: oneOf('fin', 'rst'),
  phase: PHASES,
  firstSeenAt: TIME,
  onlineAt: TIME,
  handshake: object<SessionDocument['handshake']>({
    ping: TEXT,
    auth: oneOf('none', 'accepted', 'rejected'),
    listeningPort: COUNT,
    announcedAddress: TEXT,
    capabilities: list(TEXT),
    replicaVersion: TEXT,
  }),
  syncs: list(SYNC_SHAPE),
  payload: PAYLOAD_SHAPE,
  offsets: object<SessionDocument['offsets']>({
    basis: oneOf('handshake', 'inferred', 'none'),
    start: COUNT,
    end: COUNT,
    lastAck: COUNT,
    lastFsyncAck: COUNT,
    inference: object<InferenceDocument>({
      acks: COUNT,
      settledAfter: COUNT,
      certainty: oneOf('exact', 'at-least'),
    }),
  }),
  stream: object<SessionDocument['stream']>({
    bytes: BYTES,
    commands: COUNT,
    byCommand: map(COUNT),
    databases: list(COUNT),
    pings: COUNT,
    getAcks: COUNT,
    keepaliveNewlines: COUNT,
  }),
  acks: object<SessionDocument['acks']>({ count: COUNT, firstAt: TIME, lastAt: TIME, maxIntervalMs: MS }),
  lag: LAG_SHAPE,
  behind: object<SessionDocument['behind']>({ maxBytes: BYTES, maxMs: MS }),
  drift: BYTES,
  loss: object<SessionDocument['loss']>({
    gaps: COUNT,
    missingBytes: BYTES,
    retransmittedBytes: BYTES,
    outOfOrderSegments: COUNT,
    zeroWindowMs: MS,
    resyncs: COUNT,
    skippedBytes: BYTES,
    duplicatePackets: COUNT,
    conflictingBytes: BYTES,
  }),
});

export const LINK_SHAPE = object<LinkDocument>({
  id: TEXT,
  master: TEXT,
  replica: TEXT,
  replicaPortAnnounced: BOOLEAN,
  fullResyncs: COUNT,
  partialResyncs: COUNT,
  refusedSyncs: COUNT,
  reconnects: COUNT,
  lag: object<LinkDocument['lag']>({
    lastBytes: BYTES,
    maxBytes: BYTES,
    lastMs: MS,
    maxMs: MS,
    maxAckIntervalMs: MS,
  }),
  behind: object<LinkDocument['behind']>({ maxBytes: BYTES, maxMs: MS }),
  sessions: list(SESSION_SHAPE),
});

export const FINDING_SHAPE = object<FindingDocument>({
  severity: SEVERITIES,
  code: TEXT,
  link: TEXT,
  session: COUNT,
  at: TIME,
  message: TEXT,
  advice: TEXT,
  packets: list(COUNT),
  filter: TEXT,
  evidence: map(ANY),
});

export const SUMMARY_SHAPE = object<SummaryDocument>({
  schema: oneOf('psyncscope.summary/1'),
  capture: object<CaptureDocument>({
    sources: list(TEXT),
    format: oneOf('pcap', 'pcapng', 'live'),
    linkTypes: list(TEXT),
    packets: COUNT,
    bytes: BYTES,
    cutPackets: COUNT,
    kernelDrops: COUNT,
    firstTime: TIME,
    lastTime: TIME,
    complete: BOOLEAN,
  }),
  ignored: object<SummaryDocument['ignored']>({
    connections: COUNT,
    encryptedConnections: COUNT,
    unlistedSessions: COUNT,
  }),
  limits: list(object<LimitDocument>({ limit: TEXT, most: COUNT, times: COUNT })),
  links: list(LINK_SHAPE),
  siblings: list(
    object<SiblingDocument>({
      links: list(TEXT),
      replid: TEXT,
      equalBytes: BYTES,
      differingBytes: BYTES,
      firstDifference: object<NonNullable<SiblingDocument['firstDifference']>>({
        fromOffset: COUNT,
        toOffset: COUNT,
        at: TIME,
        packets: list(COUNT),
      }),
    }),
  ),
  findings: list(FINDING_SHAPE),
});

import type { LagFacts, Link, Payload, Session, Sync } from '../replication/model.js';
import { newSession } from '../replication/session.js';
import type { CaptureDocument, SummaryDocument } from '../report/document.js';
import { buildSummary } from '../report/summary.js';

/** Model objects and a document made of them, for tests of the reports. Times are µs; the day is 2026-11-21 UTC. */

export const START = Date.UTC(2026, 10, 21, 7, 51, 4, 549) * 1000;
export const MASTER_ID = '15b88be2b2f18d1cf2ae76b21b49e6bdbd6f9a7e';
const SECOND = 1_000_000;

export const NO_LAG: LagFacts = {
  lastBytes: null,
  maxBytes: null,
  maxBytesAt: null,
  caughtUpMs: null,
  lastMs: null,
  maxMs: null,
  p50Ms: null,
  p99Ms: null,
  behindMaxBytes: null,
  behindMaxMs: null,
  drift: null,
  series: null,
};

export function sampleLink(changes: Partial<Omit<Link, 'sessions'>> = {}): Link {
  return {
    id: '127.0.0.1:6380<-127.0.0.1:6381',
    master: '127.0.0.1:6380',
    replica: '127.0.0.1:6381',
    replicaPortAnnounced: true,
    sessions: [],
    ...changes,
  };
}

export function sampleSync(changes: Partial<Sync> = {}): Sync {
  return {
    command: 'PSYNC',
    replid: '?',
    offset: -1,
    failover: false,
    requestedAt: START + 400,
    requestPacket: 12,
    decidedAt: START + 900,
    decisionPacket: 13,
    decision: 'FULLRESYNC',
    grantedReplid: MASTER_ID,
    grantedOffset: 0,
    error: null,
    cause: 'first-sync',
    missedBytes: null,
    why: null,
    ...changes,
  };
}

export function samplePayload(changes: Partial<Payload> = {}): Payload {
  return {
    form: 'length',
    declaredBytes: 175,
    bytes: 175,
    complete: true,
    startedAt: START + 62_000,
    startPacket: 14,
    finishedAt: START + 64_000,
    finishPacket: 15,
    lastAt: START + 64_000,
    sha256: 'e18e',
    loadedAt: START + 870_100,
    transfer: null,
    writtenBytes: null,
    caughtUpAt: null,
    missingBytes: 0,
    rdb: {
      version: 9,
      server: '6.2.5',
      keys: 4,
      expires: 0,
      databases: { '0': { keys: 4, expires: 0 } },
      types: { string: 4 },
      expired: 0,
      byType: { string: { keys: 4, elements: 4, bytes: 60, encodings: { raw: 4 } } },
      biggest: { byBytes: [], byElements: [] },
      aux: new Map([['redis-ver', '6.2.5']]),
      functions: 0,
      checksum: 'valid',
      complete: true,
      error: null,
      replid: MASTER_ID,
      replOffset: 0,
      streamDb: 0,
    },
    ...changes,
  };
}

const CONNECTION = { address: () => '127.0.0.1', port: () => 0, openedAt: START, midstream: false };

/** An empty session that just connected; it is appended to the link. */
export function addSession(link: Link, changes: Partial<Session> = {}): Session {
  const session: Session = {
    ...newSession(CONNECTION, 0, START),
    number: link.sessions.length + 1,
    link,
    clientPort: 44145 + link.sessions.length,
    handshake: {
      ping: 'PONG',
      auth: 'none',
      listeningPort: 6381,
      announcedAddress: null,
      capabilities: ['eof', 'psync2'],
      replicaVersion: null,
      rdbOnly: false,
    },
    ...changes,
  };
  link.sessions.push(session);
  return session;
}

/** A full sync, a minute online with one burst, closed by the replica; then a partial resync that lives on. */
export function sampleHealthyLink(): Link {
  const link = sampleLink();
  addSession(link, {
    closedAt: START + 66 * SECOND + 471_000,
    closedBy: 'replica',
    closedHow: 'fin',
    phase: 'online',
    syncs: [sampleSync()],
    payload: samplePayload(),
    onlineAt: START + 64_000,
    stream: {
      bytes: 5735,
      commands: 412,
      byCommand: new Map([
        ['PING', 7],
        ['SET', 300],
        ['INCR', 103],
        ['SELECT', 2],
      ]),
      databases: new Set([3, 0]),
      pings: 7,
      getAcks: 0,
      keepaliveNewlines: 0,
      resyncs: 0,
      skippedBytes: 0,
      lastAt: null,
      maxSilenceMs: 0,
      maxSilenceAt: null,
      endsInside: false,
    },
    offsets: {
      basis: 'handshake',
      start: 0,
      end: 5735,
      lastAck: 5735,
      lastFsyncAck: null,
      received: null,
      inference: null,
    },
    acks: {
      count: 66,
      firstAt: START + 870_100,
      lastAt: START + 65 * SECOND + 870_100,
      maxIntervalMs: 1003.2,
    },
    lag: {
      ...NO_LAG,
      lastBytes: 0,
      maxBytes: 110_000,
      maxBytesAt: START + 35 * SECOND + 563_000,
      caughtUpMs: 1200,
      lastMs: 0,
      maxMs: 1002.4,
      p50Ms: 584.1,
      p99Ms: 1002.4,
      behindMaxBytes: 0,
      behindMaxMs: 0,
      drift: 0,
      series: {
        startAt: START,
        stepMs: 6647.1,
        maxBytes: [0, 0, 14_000, 9000, 100, 110_000, 70_000, 20_000, 100, 0],
      },
    },
  });
  addSession(link, {
    openedAt: START + 67 * SECOND,
    firstSeenAt: START + 67 * SECOND,
    phase: 'online',
    syncs: [
      sampleSync({
        replid: MASTER_ID,
        offset: 5736,
        requestedAt: START + 67 * SECOND + 300,
        decidedAt: START + 67 * SECOND + 700,
        decision: 'CONTINUE',
        grantedOffset: null,
        cause: 'continued',
      }),
    ],
    onlineAt: START + 67 * SECOND + 700,
    offsets: {
      basis: 'handshake',
      start: 5735,
      end: 6100,
      lastAck: 6100,
      lastFsyncAck: null,
      received: null,
      inference: null,
    },
    acks: { count: 1, firstAt: START + 68 * SECOND, lastAt: START + 68 * SECOND, maxIntervalMs: null },
    lag: { ...NO_LAG, lastBytes: 0, maxBytes: 365, lastMs: 0, maxMs: 900, drift: 0 },
  });
  return link;
}

/** Three hundred refused attempts, one a second, then a first attach that is cut in the payload. */
export function sampleTroubledLink(): Link {
  const link = sampleLink({
    id: '[fd00::10]:6379<-[fd00::22]:6379',
    master: '[fd00::10]:6379',
    replica: '[fd00::22]:6379',
  });
  for (let index = 0; index < 300; index++) {
    const openedAt = START + index * SECOND;
    addSession(link, {
      openedAt,
      firstSeenAt: openedAt,
      closedAt: openedAt + 2000,
      closedBy: 'replica',
      closedHow: 'fin',
      phase: 'handshake',
      syncs: [
        sampleSync({
          requestedAt: openedAt + 400,
          decidedAt: openedAt + 600,
          decision: 'REFUSED',
          grantedReplid: null,
          grantedOffset: null,
          error: "NOMASTERLINK Can't SYNC while not connected with my master",
          cause: 'not-ready',
        }),
      ],
    });
  }
  const openedAt = START + 301 * SECOND;
  addSession(link, {
    openedAt,
    firstSeenAt: openedAt,
    closedAt: openedAt + 75 * SECOND,
    closedBy: 'master',
    closedHow: 'rst',
    phase: 'transfer',
    syncs: [
      sampleSync({
        replid: '48f9e4f8b2f18d1cf2ae76b21b49e6bdbd6f9a7e',
        offset: 120_001,
        grantedOffset: 7_579_144_822_181,
        requestedAt: openedAt + 400,
        decidedAt: openedAt + 5_000_000,
        cause: 'replid-mismatch',
      }),
    ],
    payload: samplePayload({
      form: 'eof-mark',
      declaredBytes: null,
      bytes: 1_234_567_890,
      complete: false,
      startedAt: openedAt + 5_001_000,
      finishedAt: null,
      loadedAt: null,
      sha256: null,
      rdb: null,
    }),
    loss: {
      gaps: 2,
      missingBytes: 2920,
      retransmittedBytes: 12_345,
      outOfOrderSegments: 1,
      conflictingBytes: 0,
      duplicatePackets: 0,
      zeroWindowMs: 64_000,
    },
  });
  return link;
}

export const SAMPLE_CAPTURE: CaptureDocument = {
  sources: ['x.pcap'],
  format: 'pcap',
  linkTypes: ['EN10MB'],
  packets: 507,
  bytes: 110_449,
  cutPackets: 0,
  kernelDrops: null,
  firstTime: '2026-11-21T07:51:04.549000Z',
  lastTime: '2026-11-21T07:58:04.549000Z',
  complete: true,
};

export function sampleDocument(
  links: readonly Link[] = [sampleHealthyLink(), sampleTroubledLink()],
): SummaryDocument {
  return buildSummary({
    capture: SAMPLE_CAPTURE,
    ignored: { connections: 4, encryptedConnections: 1, unlistedSessions: 0 },
    links,
  });
}

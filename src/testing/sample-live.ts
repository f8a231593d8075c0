import type { Link } from '../replication/model.js';
import type { SummaryDocument } from '../report/document.js';
import { LiveModel, type LiveSnapshot } from '../report/live/model.js';
import { isoMicros } from '../report/time.js';
import {
  addSession,
  MASTER_ID,
  NO_LAG,
  START,
  sampleDocument,
  sampleHealthyLink,
  sampleLink,
  samplePayload,
  sampleSync,
  sampleTroubledLink,
} from './sample-document.js';

/** Links as a live view meets them, minute by minute. Times are µs. */

const SECOND = 1_000_000;

/** When the sample views are drawn: seven minutes after the first packet. */
export const LIVE_NOW = START + 420 * SECOND;

/** A link that went online after a first sync and writes on; `lagBytes` and `ackAge` as of `now`. */
export function busyLink(
  ports: { master: string; replica: string },
  at: { now: number; bytes: number; lagBytes: number; ackAgeMs: number; lagMs?: number },
): Link {
  const link = sampleLink({ ...ports, id: `${ports.master}<-${ports.replica}` });
  const { now, bytes, lagBytes, ackAgeMs } = at;
  const lastAt = now - ackAgeMs * 1000;
  const lagMs = at.lagMs ?? (lagBytes > 0 ? ackAgeMs : 0);
  addSession(link, {
    phase: 'online',
    syncs: [sampleSync({ grantedOffset: 7_579_144_000_000 })],
    payload: samplePayload(),
    onlineAt: START + 64_000,
    offsets: {
      basis: 'handshake',
      start: 7_579_144_000_000,
      end: 7_579_144_000_000 + bytes,
      lastAck: 7_579_144_000_000 + bytes - lagBytes,
      lastFsyncAck: null,
      inference: null,
      received: null,
    },
    stream: {
      bytes,
      commands: Math.floor(bytes / 40),
      byCommand: new Map([
        ['SET', Math.floor(bytes / 50)],
        ['PING', 42],
      ]),
      databases: new Set([0]),
      pings: 42,
      getAcks: 0,
      keepaliveNewlines: 0,
      resyncs: 0,
      skippedBytes: 0,
      lastAt: null,
      maxSilenceMs: 0,
      maxSilenceAt: null,
      endsInside: false,
    },
    acks: { count: 400, firstAt: START + 870_100, lastAt, maxIntervalMs: Math.max(1003, ackAgeMs) },
    lag: {
      ...NO_LAG,
      lastBytes: lagBytes,
      maxBytes: 2_400_000,
      lastMs: lagMs,
      maxMs: Math.max(1003, lagMs),
      p50Ms: 503,
      p99Ms: 1002,
    },
  });
  return link;
}

/** A replica that stopped to acknowledge twelve seconds ago, one that is well, one in its first transfer, one refused, one joined. */
export function liveLinks(now: number): Link[] {
  const t = (now - START) / SECOND;
  const bytes = Math.floor(t * 1_340_000);
  const wave = Math.floor(400_000 * (1 + Math.sin(t / 9)) + 60_000);
  const stuckSince = Math.max(0, t - 408);
  const transfer = sampleLink({
    master: '10.20.0.7:6379',
    replica: '10.20.0.9:6379',
    id: '10.20.0.7:6379<-10.20.0.9:6379',
  });
  const began = LIVE_NOW - 21 * SECOND;
  addSession(transfer, {
    openedAt: began,
    firstSeenAt: began,
    phase: 'transfer',
    syncs: [
      sampleSync({
        replid: MASTER_ID,
        offset: 7_579_000_000_001,
        grantedOffset: 7_579_144_000_000,
        requestedAt: began + 400,
        decidedAt: began + 900,
        cause: 'backlog-miss',
        missedBytes: 41_234_567,
      }),
    ],
    payload: samplePayload({
      declaredBytes: 2_345_678_901,
      bytes: 1_234_567_890,
      complete: false,
      startedAt: began + 4 * SECOND,
      finishedAt: null,
      loadedAt: null,
      sha256: null,
      rdb: null,
    }),
  });
  const joined = busyLink(
    { master: '10.20.0.7:6379', replica: '10.20.1.14:41526' },
    { now, bytes: Math.floor(bytes / 3), lagBytes: 0, ackAgeMs: 300 },
  );
  joined.replicaPortAnnounced = false;
  Object.assign(joined.sessions[0]!, { joinedMidstream: true, syncs: [], payload: null });
  joined.sessions[0]!.offsets.basis = 'inferred';
  const troubled = sampleTroubledLink();
  return [
    busyLink(
      { master: '10.20.0.7:6379', replica: '10.20.0.8:6379' },
      { now, bytes, lagBytes: wave, ackAgeMs: (t % 1) * 1000 + 412 },
    ),
    busyLink(
      { master: '10.20.0.7:6379', replica: '10.20.0.10:6379' },
      {
        now,
        bytes,
        lagBytes: stuckSince > 0 ? Math.floor(stuckSince * 1_340_000) : wave,
        ackAgeMs: stuckSince > 0 ? stuckSince * 1000 + 380 : 380,
      },
    ),
    transfer,
    joined,
    sampleHealthyLink(),
    troubled,
  ];
}

/** The summary document of these links as of `now`. */
export function liveDocument(now: number, links: readonly Link[] = liveLinks(now)): SummaryDocument {
  const document = sampleDocument(links);
  const seconds = (now - START) / SECOND;
  document.capture = {
    ...document.capture,
    sources: ['lo'],
    format: 'live',
    packets: Math.floor(seconds * 3214),
    bytes: Math.floor(seconds * 2_900_000),
    kernelDrops: 0,
    lastTime: isoMicros(now),
  };
  return document;
}

/** The snapshot at LIVE_NOW after two minutes of looking, once a second. */
export function liveSnapshot(linksAt: (now: number) => Link[] = liveLinks): LiveSnapshot {
  const model = new LiveModel();
  let snapshot: LiveSnapshot | null = null;
  for (let now = LIVE_NOW - 120 * SECOND; now <= LIVE_NOW; now += SECOND)
    snapshot = model.update(liveDocument(now, linksAt(now)), now);
  return snapshot!;
}

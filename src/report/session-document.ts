import type { LagFacts, Payload, Session, Sync } from '../replication/model.js';
import type { Why } from '../replication/why.js';
import { anatomyDocument } from './anatomy/anatomy-document.js';
import type { PayloadDocument, SessionDocument, SyncDocument, WhyDocument } from './document.js';
import { rdbDocument } from './rdb-document.js';
import { isoMicros } from './time.js';

/** Turns a session's facts into its part of the summary document: µs to ISO times, maps and sets to plain JSON. */

/** A time in µs as ISO text; null stays null. */
export function iso(micros: number | null): string | null {
  return micros === null ? null : isoMicros(micros);
}

/** Milliseconds with three decimals; null for unknown and for anything that is no number. */
export function ms(milliseconds: number | null): number | null {
  if (milliseconds === null || !Number.isFinite(milliseconds)) return null;
  return Math.round(milliseconds * 1000) / 1000;
}

/** µs → ms; null where either is not known, or the capture's times run backwards. */
function between(from: number | null, to: number | null): number | null {
  return from === null || to === null || to < from ? null : ms((to - from) / 1000);
}

/** The `syncs` part of one PSYNC or SYNC. */
export function syncDocument(sync: Sync): SyncDocument {
  return {
    command: sync.command,
    replid: sync.replid,
    offset: sync.offset,
    failover: sync.failover,
    requestedAt: isoMicros(sync.requestedAt),
    decidedAt: iso(sync.decidedAt),
    decision: sync.decision,
    grantedReplid: sync.grantedReplid,
    grantedOffset: sync.grantedOffset,
    error: sync.error,
    cause: sync.cause,
    missedBytes: sync.missedBytes,
    why: sync.why === null ? null : whyDocument(sync.why),
  };
}

function whyDocument({ code, orElse, evidence }: Why): WhyDocument {
  return { code, orElse: [...orElse], evidence: { ...evidence } };
}

/** The `payload` part. Its wait is counted from the decision of the same session that called for it. */
export function payloadDocument(payload: Payload, session: Session): PayloadDocument {
  const decided = session.syncs.findLast(
    (sync) => sync.decision === 'FULLRESYNC' || sync.decision === 'SYNC',
  );
  return {
    form: payload.form,
    declaredBytes: payload.declaredBytes,
    bytes: payload.bytes,
    complete: payload.complete,
    startedAt: iso(payload.startedAt),
    finishedAt: iso(payload.finishedAt),
    sha256: payload.sha256,
    waitMs: between(decided?.decidedAt ?? null, payload.startedAt),
    transferMs: between(payload.startedAt, payload.finishedAt),
    loadMs: between(payload.finishedAt, payload.loadedAt),
    rdb: payload.rdb === null ? null : rdbDocument(payload.rdb),
    anatomy: anatomyDocument(session),
  };
}

/** The `lag` part. */
export function lagDocument(lag: LagFacts): SessionDocument['lag'] {
  return {
    lastBytes: lag.lastBytes,
    maxBytes: lag.maxBytes,
    lastMs: ms(lag.lastMs),
    maxMs: ms(lag.maxMs),
    p50Ms: ms(lag.p50Ms),
    p99Ms: ms(lag.p99Ms),
    maxBytesAt: iso(lag.maxBytesAt),
    caughtUpMs: ms(lag.caughtUpMs),
    series:
      lag.series === null
        ? null
        : {
            startAt: isoMicros(lag.series.startAt),
            stepMs: ms(lag.series.stepMs) ?? 0,
            maxBytes: [...lag.series.maxBytes],
          },
  };
}

function byCountThenName(a: [string, number], b: [string, number]): number {
  return b[1] - a[1] || (a[0] < b[0] ? -1 : 1);
}

/** The `sessions` part of one TCP connection. */
export function sessionDocument(session: Session): SessionDocument {
  const { handshake, stream, lag, loss, payload, offsets, acks } = session;
  return {
    clientPort: session.clientPort,
    channel: session.channel,
    openedAt: iso(session.openedAt),
    joinedMidstream: session.joinedMidstream,
    closedAt: iso(session.closedAt),
    closedBy: session.closedBy,
    closedHow: session.closedHow,
    phase: session.phase,
    firstSeenAt: isoMicros(session.firstSeenAt),
    onlineAt: iso(session.onlineAt),
    handshake: {
      ping: handshake.ping,
      auth: handshake.auth,
      listeningPort: handshake.listeningPort,
      announcedAddress: handshake.announcedAddress,
      capabilities: [...handshake.capabilities],
      replicaVersion: handshake.replicaVersion,
    },
    syncs: session.syncs.map(syncDocument),
    payload: payload === null ? null : payloadDocument(payload, session),
    offsets: {
      basis: offsets.basis,
      start: offsets.start,
      end: offsets.end,
      lastAck: offsets.lastAck,
      lastFsyncAck: offsets.lastFsyncAck,
      inference: offsets.inference === null ? null : { ...offsets.inference },
    },
    stream: {
      bytes: stream.bytes,
      commands: stream.commands,
      byCommand: Object.fromEntries([...stream.byCommand].sort(byCountThenName)),
      databases: [...stream.databases].sort((a, b) => a - b),
      pings: stream.pings,
      getAcks: stream.getAcks,
      keepaliveNewlines: stream.keepaliveNewlines,
    },
    acks: {
      count: acks.count,
      firstAt: iso(acks.firstAt),
      lastAt: iso(acks.lastAt),
      maxIntervalMs: ms(acks.maxIntervalMs),
    },
    lag: lagDocument(lag),
    behind: { maxBytes: lag.behindMaxBytes, maxMs: ms(lag.behindMaxMs) },
    drift: lag.drift,
    loss: {
      gaps: loss.gaps,
      missingBytes: loss.missingBytes,
      retransmittedBytes: loss.retransmittedBytes,
      outOfOrderSegments: loss.outOfOrderSegments,
      zeroWindowMs: ms(loss.zeroWindowMs) ?? 0,
      resyncs: stream.resyncs,
      skippedBytes: stream.skippedBytes,
      duplicatePackets: loss.duplicatePackets,
      conflictingBytes: loss.conflictingBytes,
    },
  };
}

import type { Session } from '../../replication/model.js';
import { type Found, type LinkEvent, packetList, type Report, type Rule } from './rule.js';
import { fullSyncOf, msBetween } from './sessions.js';
import { outputLimits, perSecond, settingsWord } from './sizing.js';
import type { Thresholds } from './thresholds.js';

/**
 * Payload and loading took a large part of repl-timeout, or more. The timeout counts silence, not duration, so a slow transfer is no
 * failure: but a pause in it that long is, and a replica that loads says nothing while one big value takes (newlines come between).
 */
export class TransferSlow implements Rule {
  static readonly code = 'transfer-slow';
  readonly #report: Report;
  readonly #thresholds: Thresholds;
  readonly #found = new WeakMap<Session, Found>();

  constructor(report: Report, thresholds: Thresholds) {
    this.#report = report;
    this.#thresholds = thresholds;
  }

  event(event: LinkEvent): void {
    const { session } = event;
    if (event.event === 'ack' && session.acks.count === 2)
      this.#written(session, event.sentOffset, event.time);
    const loadedNow = event.event === 'ack' && session.acks.count === 1 && session.payload?.loadedAt != null;
    const leftLoading = event.event === 'connection.closed' && session.payload?.loadedAt === null;
    if (loadedNow || leftLoading) this.#done(session, event.time, event.packet);
  }

  #done(session: Session, time: number, packet: number): void {
    const payload = session.payload!;
    const { replTimeoutMs, transferShare } = this.#thresholds;
    const transferMs = msBetween(payload.startedAt, payload.finishedAt ?? session.closedAt);
    const loadMs = msBetween(payload.finishedAt, payload.loadedAt);
    const share = ((transferMs ?? 0) + (loadMs ?? 0)) / replTimeoutMs;
    if (share < transferShare) return;
    const sync = fullSyncOf(session);
    const found = this.#report({
      severity: share >= 1 ? 'warning' : 'info',
      code: TransferSlow.code,
      sessions: [session],
      time,
      packets: packetList(payload.startPacket, payload.finishPacket, packet),
      evidence: {
        waitMs: msBetween(sync?.decidedAt ?? null, payload.startedAt),
        transferMs,
        loadMs,
        replTimeoutMs,
        payloadBytes: payload.bytes,
        bytesPerSecond: perSecond(payload.bytes, transferMs),
        zeroWindowMs: session.loss.zeroWindowMs,
      },
    });
    if (found !== null) this.#found.set(session, found);
  }

  /**
   * What the master's output buffer had to take meanwhile. By the second ACK that has been sent: a diskless sync holds it back until
   * the first.
   */
  #written(session: Session, sentOffset: number | null, time: number): void {
    const found = this.#found.get(session);
    const sync = fullSyncOf(session);
    if (found === undefined || sync === null || sync.grantedOffset === null || sentOffset === null) return;
    const overMs = msBetween(sync.decidedAt, time);
    const syncMs = msBetween(sync.decidedAt, session.payload?.loadedAt ?? null);
    const rate = perSecond(sentOffset - sync.grantedOffset, overMs);
    if (rate === null || syncMs === null) return;
    const neededBytes = Math.round((rate * syncMs) / 1000);
    Object.assign(found.evidence, {
      writtenBytes: sentOffset - sync.grantedOffset,
      writtenOverMs: overMs,
      writeBytesPerSecond: rate,
      syncMs,
      neededBytes,
      settingsWord: settingsWord(session.link),
      ...outputLimits(neededBytes, this.#thresholds),
    });
  }
}

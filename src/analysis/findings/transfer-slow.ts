import type { Session } from '../../replication/model.js';
import { type LinkEvent, packetList, type Report, type Rule } from './rule.js';
import { fullSyncOf, msBetween } from './sessions.js';
import type { Thresholds } from './thresholds.js';

/**
 * Payload and loading took a large part of repl-timeout, or more. The timeout counts silence, not duration, so a slow transfer is no
 * failure: but a pause in it that long is, and a replica that loads says nothing while one big value takes (newlines come between).
 */
export class TransferSlow implements Rule {
  static readonly code = 'transfer-slow';
  readonly #report: Report;
  readonly #thresholds: Thresholds;

  constructor(report: Report, thresholds: Thresholds) {
    this.#report = report;
    this.#thresholds = thresholds;
  }

  event(event: LinkEvent): void {
    const { session } = event;
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
    this.#report({
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
        bytesPerSecond:
          transferMs === null || transferMs <= 0 ? null : Math.round(payload.bytes / (transferMs / 1000)),
        zeroWindowMs: session.loss.zeroWindowMs,
      },
    });
  }
}

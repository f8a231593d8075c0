import type { Session } from '../../replication/model.js';
import { type LinkEvent, packetList, type Report, type Rule } from './rule.js';
import { msBetween } from './sessions.js';
import type { Thresholds } from './thresholds.js';

interface LastAck {
  time: number;
  packet: number;
}

/**
 * More time between two ACKs than a sound replica lets pass: it sends one a second (replicationCron). Silences from
 * `ackSilenceMs` on are `replica-frozen` when the replica's TCP was there all the while; told here otherwise.
 */
export class AcksLate implements Rule {
  static readonly code = 'acks-late';
  readonly #report: Report;
  readonly #thresholds: Thresholds;
  readonly #last = new WeakMap<Session, LastAck>();

  constructor(report: Report, thresholds: Thresholds) {
    this.#report = report;
    this.#thresholds = thresholds;
  }

  event(event: LinkEvent): void {
    const { session } = event;
    // What the capture lost of the replica may have been ACKs.
    if (event.event === 'gap' && event.from === 'replica') this.#last.delete(session);
    if (event.event !== 'ack') return;
    const last = this.#last.get(session);
    this.#last.set(session, { time: event.time, packet: event.packet });
    const intervalMs = msBetween(last?.time ?? null, event.time);
    if (last === undefined || intervalMs === null || intervalMs < this.#thresholds.ackLateMs) return;
    const { received, lastAck } = session.offsets;
    const isFrozen = intervalMs >= this.#thresholds.ackSilenceMs && received !== null && lastAck !== null;
    if (isFrozen && (event.lagMs ?? 0) >= this.#thresholds.ackSilenceMs / 2) return;
    this.#report({
      severity: 'warning',
      code: AcksLate.code,
      sessions: [session],
      time: event.time,
      packets: packetList(last.packet, event.packet),
      evidence: {
        intervalMs,
        usualMs: 1000,
        lagBytes: event.lagBytes,
        lagMs: event.lagMs,
        behindBytes: event.behindBytes,
      },
    });
  }
}

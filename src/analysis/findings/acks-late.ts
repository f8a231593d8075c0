import type { Session } from '../../replication/model.js';
import { type LinkEvent, packetList, type Report, type Rule } from './rule.js';
import { msBetween } from './sessions.js';
import type { Thresholds } from './thresholds.js';

interface LastAck {
  time: number;
  packet: number;
  offset: number;
  /** What TCP had acknowledged beyond it while nothing was said for long (`lag.high`), bytes; null: not looked at. */
  receivedBytes: number | null;
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
    if (event.event === 'lag.high') this.#silent(session);
    if (event.event !== 'ack') return;
    const { time, packet, offset } = event;
    const last = this.#last.get(session);
    this.#last.set(session, { time, packet, offset, receivedBytes: null });
    const intervalMs = msBetween(last?.time ?? null, time);
    if (last === undefined || intervalMs === null || intervalMs < this.#thresholds.ackLateMs) return;
    const { received, lastAck } = session.offsets;
    const isFrozen = intervalMs >= this.#thresholds.ackSilenceMs && received !== null && lastAck !== null;
    if (isFrozen && (event.lagMs ?? 0) >= this.#thresholds.ackSilenceMs / 2) return;
    this.#report({
      severity: 'warning',
      code: AcksLate.code,
      sessions: [session],
      time,
      packets: packetList(last.packet, packet),
      evidence: {
        intervalMs,
        usualMs: 1000,
        lagBytes: event.lagBytes,
        lagMs: event.lagMs,
        behindBytes: event.behindBytes,
        receivedBytes: last.receivedBytes,
      },
    });
  }

  /** A byte is unacknowledged for long: does the replica's TCP have it? */
  #silent(session: Session): void {
    const last = this.#last.get(session);
    const { received } = session.offsets;
    if (last !== undefined && received !== null) last.receivedBytes = Math.max(0, received - last.offset);
  }
}

import type { Session } from '../../replication/model.js';
import { type Found, type LinkEvent, packetList, type Report, type Rule } from './rule.js';
import { msBetween } from './sessions.js';
import type { Thresholds } from './thresholds.js';

/** Back to where a sound link is: replicas acknowledge once a second. */
const RECOVERED_MS = 1_500;

/**
 * The replica speaks and is behind: right after its ACK the oldest byte that it has not applied is older than the threshold. It
 * applies more slowly than the master writes, or stands in one long command or an open transaction.
 */
export class LagHigh implements Rule {
  static readonly code = 'lag-high';
  readonly #report: Report;
  readonly #thresholds: Thresholds;
  readonly #high = new WeakMap<Session, Found>();
  /** Packet time of the latest ACK. */
  readonly #acks = new WeakMap<Session, number>();

  constructor(report: Report, thresholds: Thresholds) {
    this.#report = report;
    this.#thresholds = thresholds;
  }

  event(event: LinkEvent): void {
    if (event.event !== 'ack' || event.behindMs === null) return;
    const { session, behindMs, behindBytes, time } = event;
    const intervalMs = msBetween(this.#acks.get(session) ?? null, time) ?? 0;
    this.#acks.set(session, time);
    const found = this.#high.get(session);
    if (found === undefined) {
      // The first word after a silence is of the silence: what it is behind by then was sent meanwhile.
      if (behindMs >= this.#thresholds.lagMs && intervalMs < this.#thresholds.ackLateMs)
        this.#begin(event, behindMs);
      return;
    }
    const { evidence } = found;
    evidence.maxMs = Math.max(evidence.maxMs as number, behindMs);
    evidence.maxBytes = Math.max(evidence.maxBytes as number, behindBytes ?? 0);
    found.packets = packetList(found.packets[0], event.packet);
    if (behindMs >= RECOVERED_MS) return;
    evidence.lastedMs = Math.max(0, time - found.time) / 1000;
    this.#high.delete(session);
  }

  #begin(event: Extract<LinkEvent, { event: 'ack' }>, behindMs: number): void {
    const found = this.#report({
      severity: 'warning',
      code: LagHigh.code,
      sessions: [event.session],
      time: event.time,
      packets: packetList(event.packet),
      evidence: {
        thresholdMs: this.#thresholds.lagMs,
        ackedOffset: event.offset,
        maxMs: behindMs,
        maxBytes: event.behindBytes,
        lastedMs: null,
      },
    });
    if (found !== null) this.#high.set(event.session, found);
  }
}

import type { Link, Session } from '../../replication/model.js';
import { type LinkEvent, packetList, type Report, type Rule } from './rule.js';
import type { Thresholds } from './thresholds.js';

/** Bytes sent again from which on a share of them means anything: ten full segments of an Ethernet. */
const LEAST_BYTES = 14_480;

/**
 * TCP had to send a noticeable part of a connection again. Copies that the capture made itself (a mirror port, the any device) are
 * not counted, nor are segments that only came out of order.
 */
export class NetworkLoss implements Rule {
  static readonly code = 'network-loss';
  readonly #report: Report;
  readonly #share: number;

  constructor(report: Report, thresholds: Thresholds) {
    this.#report = report;
    this.#share = thresholds.retransmittedShare;
  }

  event(event: LinkEvent): void {
    if (event.event === 'connection.closed') this.#look(event.session, event.time, event.packet);
  }

  end(links: readonly Link[], time: number): void {
    for (const { sessions } of links)
      for (const session of sessions) if (session.closedAt === null) this.#look(session, time, null);
  }

  #look(session: Session, time: number, packet: number | null): void {
    const { retransmittedBytes, outOfOrderSegments } = session.loss;
    const bytes = session.stream.bytes + (session.payload?.bytes ?? 0);
    if (retransmittedBytes < LEAST_BYTES || retransmittedBytes < bytes * this.#share) return;
    this.#report({
      severity: 'warning',
      code: NetworkLoss.code,
      sessions: [session],
      time,
      packets: packetList(packet),
      evidence: {
        retransmittedBytes,
        bytes,
        share: round(retransmittedBytes / Math.max(1, bytes)),
        outOfOrderSegments,
      },
    });
  }
}

function round(share: number): number {
  return Math.round(share * 10_000) / 10_000;
}

import type { Link } from '../../replication/model.js';
import { type CaptureState, packetList, type Report, type Rule } from './rule.js';

/**
 * Two links of one history were sent different bytes at the same offset. All who follow a replication id get the same stream
 * (feedReplicationBuffer, replicationFeedStreamFromMasterStream): from there on the replicas hold different data, and no server notices.
 */
export class Divergence implements Rule {
  static readonly code = 'divergence';
  readonly #report: Report;

  constructor(report: Report) {
    this.#report = report;
  }

  end(_links: readonly Link[], _time: number, { siblings }: CaptureState): void {
    for (const { first, equalBytes, differingBytes } of siblings) {
      if (first === null) continue;
      const [earlier, later] = first.sessions;
      this.#report({
        severity: 'error',
        code: Divergence.code,
        sessions: [later, earlier],
        time: first.time,
        packets: packetList(...first.packets),
        evidence: {
          otherMaster: earlier.link.master,
          otherReplica: earlier.link.replica,
          fromOffset: first.from,
          toOffset: first.to,
          equalBytes,
          differingBytes,
        },
      });
    }
  }
}

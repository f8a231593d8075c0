import { type LinkEvent, packetList, type Report, type Rule } from './rule.js';

/**
 * After a promotion the old side asked for more than the two had in common, and was sent everything: a promoted node answers for
 * its former id up to second_repl_offset (shiftReplicationId). What lies beyond, writes or PINGs alone, exists on the old side only.
 */
export class FailoverCost implements Rule {
  static readonly code = 'failover-cost';
  readonly #report: Report;

  constructor(report: Report) {
    this.#report = report;
  }

  event(event: LinkEvent): void {
    if (event.event !== 'sync.decided') return;
    const { sync, session } = event;
    if (sync.decision !== 'FULLRESYNC' || sync.why?.code !== 'diverged-after-failover') return;
    const { evidence, orElse } = sync.why;
    this.#report({
      severity: 'warning',
      code: FailoverCost.code,
      sessions: [session],
      time: event.time,
      packets: packetList(sync.requestPacket, sync.decisionPacket),
      evidence: {
        askedOffset: sync.offset,
        commonFrom: evidence.commonFrom ?? null,
        commonTo: evidence.commonTo ?? null,
        lostFrom: evidence.lostFrom ?? null,
        lostTo: evidence.lostTo ?? null,
        masterOffset: sync.grantedOffset,
        bySentinel: evidence.orderedBySentinel ?? null,
        certain: orElse.length === 0 ? 1 : 0,
      },
    });
  }
}

import { type LinkEvent, packetList, type Report, type Rule } from './rule.js';

/**
 * The auxiliary fields of a payload name the history and the offset it belongs to (masters since 4.0: rdbSaveInfoAuxFields). Those
 * that the master granted on the same connection must be the same: else the replica goes on from an offset that its data does not have.
 */
export class RdbAuxMismatch implements Rule {
  static readonly code = 'rdb-aux-mismatch';
  readonly #report: Report;

  constructor(report: Report) {
    this.#report = report;
  }

  event(event: LinkEvent): void {
    if (event.event !== 'payload.finished') return;
    const { session, payload } = event;
    const sync = session.syncs.findLast(({ decision }) => decision === 'FULLRESYNC');
    const { rdb } = payload;
    if (session.channel !== 'main' || sync === undefined || rdb === null) return;
    const { grantedReplid, grantedOffset } = sync;
    const { replid, replOffset } = rdb;
    const otherId = replid !== null && grantedReplid !== null && replid !== grantedReplid;
    const otherOffset = replOffset !== null && grantedOffset !== null && replOffset !== grantedOffset;
    if (!otherId && !otherOffset) return;
    this.#report({
      severity: 'warning',
      code: RdbAuxMismatch.code,
      sessions: [session],
      time: event.time,
      packets: packetList(sync.decisionPacket, event.packet),
      evidence: { grantedReplid, grantedOffset, rdbReplid: replid, rdbOffset: replOffset },
    });
  }
}

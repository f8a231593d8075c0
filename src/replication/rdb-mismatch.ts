import type { Finding, Session } from './model.js';

/**
 * The auxiliary fields of a payload name the history and the offset it belongs to (masters since 4.0). Those that the master granted
 * on the same connection must be the same: else the replica goes on from an offset that its data does not have.
 * @returns null where they agree, or where one of them is not known.
 */
export function auxMismatch(session: Session): Finding | null {
  const sync = session.syncs.findLast(({ decision }) => decision === 'FULLRESYNC');
  const rdb = session.payload?.rdb;
  if (session.channel !== 'main' || sync === undefined || rdb === null || rdb === undefined) return null;
  const { grantedReplid, grantedOffset } = sync;
  const { replid, replOffset } = rdb;
  const otherId = replid !== null && grantedReplid !== null && replid !== grantedReplid;
  const otherOffset = replOffset !== null && grantedOffset !== null && replOffset !== grantedOffset;
  if (!otherId && !otherOffset) return null;
  const what = otherId && otherOffset ? 'history and offset' : otherId ? 'history' : 'offset';
  return {
    severity: 'warning',
    code: 'rdb-aux-mismatch',
    message: `the payload names another ${what} than the line that granted it`,
    advice: 'compare the data of master and replica; something between them may have replaced the payload',
    evidence: { grantedReplid, grantedOffset, rdbReplid: replid, rdbOffset: replOffset },
  };
}

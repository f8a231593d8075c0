import type { Link, Session, Sync } from '../../replication/model.js';
import { type LinkEvent, packetList, type Report, type Rule } from './rule.js';
import { msBetween, previousGranted } from './sessions.js';
import { MARGIN, perSecond, roundSize } from './sizing.js';
import { WriteRate } from './write-rate.js';

/** Replicas acknowledge once a second: longer than that, with a timer's slack, they are silent. */
const ACK_SILENCE_US = 1_500_000;

/**
 * A full resync only because the backlog did not reach back far enough: masterTryPartialResynchronization() refuses an offset below
 * the backlog's first one ("for lack of backlog"). What it would have had to hold is on the wire: granted offset + 1 − asked offset.
 */
export class BacklogOverflow implements Rule {
  static readonly code = 'backlog-overflow';
  readonly #report: Report;
  readonly #rates = new WeakMap<Link, WriteRate>();

  constructor(report: Report) {
    this.#report = report;
  }

  event(event: LinkEvent): void {
    const { session, link } = event;
    switch (event.event) {
      case 'ack':
        if (event.sentOffset !== null) this.#rateOf(link).at(event.sentOffset, event.time);
        return;
      case 'sync.decided':
        if (event.sync.decision === 'FULLRESYNC' && session.channel === 'main')
          this.#granted(event.sync, session, event.time);
        return;
      case 'payload.started': {
        // Of two connections the main one asked; the cause is known when the other one was granted the payload.
        if (session.channel !== 'rdb') return;
        const main = link.sessions.findLast((each) => each.channel === 'main');
        const asked = main?.syncs.findLast(({ decision }) => decision === 'DUALCHANNEL');
        if (main !== undefined && asked !== undefined) this.#missed(asked, main, event.time);
        return;
      }
      default:
    }
  }

  #granted(sync: Sync, session: Session, time: number): void {
    this.#missed(sync, session, time);
    // Offsets of another history say nothing of the rate.
    if (sync.cause !== 'backlog-miss') this.#rates.delete(session.link);
    if (sync.grantedOffset !== null) this.#rateOf(session.link).at(sync.grantedOffset, time);
  }

  #rateOf(link: Link): WriteRate {
    const rate = this.#rates.get(link) ?? new WriteRate();
    this.#rates.set(link, rate);
    return rate;
  }

  #missed(sync: Sync, session: Session, time: number): void {
    const { missedBytes } = sync;
    if (sync.cause !== 'backlog-miss' || missedBytes === null || missedBytes <= 0) return;
    const before = previousGranted(session);
    const outageMs = msBetween(before === null ? null : awaySince(before), sync.decidedAt);
    const served = sync.why?.evidence.backlogAtLeast;
    this.#report({
      severity: 'warning',
      code: BacklogOverflow.code,
      sessions: before === null ? [session] : [session, before],
      time,
      packets: packetList(sync.requestPacket, sync.decisionPacket),
      evidence: {
        missedBytes,
        askedOffset: sync.offset,
        masterOffset: sync.offset === null ? null : sync.offset + missedBytes - 1,
        outageMs,
        outageBytesPerSecond: perSecond(missedBytes, outageMs),
        writeBytesPerSecond: this.#rates.get(session.link)?.bytesPerSecond ?? null,
        backlogAtLeast: typeof served === 'number' ? served : null,
        margin: MARGIN,
        advisedBytes: roundSize(missedBytes * MARGIN),
      },
    });
  }
}

/**
 * From when on a replica was away, µs: the end of its connection, or its last ACK where nothing came for longer before that end (a
 * replica that stands still, a connection cut off without a word).
 */
function awaySince({ closedAt, acks }: Session): number | null {
  if (closedAt === null || acks.lastAt === null) return closedAt;
  return closedAt - acks.lastAt > ACK_SILENCE_US ? acks.lastAt : closedAt;
}

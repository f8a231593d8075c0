import type { Link, Session, Sync } from '../../replication/model.js';
import { type LinkEvent, packetList, type Report, type Rule } from './rule.js';
import { msBetween, previousMain, roundSize } from './sessions.js';
import { WriteRate } from './write-rate.js';

/** The advised backlog holds this many times what was missed: the next outage may be longer, or fall into a busier hour. */
export const BACKLOG_MARGIN = 2;

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
      case 'ack': {
        if (event.sentOffset === null) return;
        const rate = this.#rates.get(link) ?? new WriteRate();
        this.#rates.set(link, rate);
        rate.at(event.sentOffset, event.time);
        return;
      }
      case 'sync.decided':
        if (event.sync.decision === 'FULLRESYNC' && session.channel === 'main')
          this.#missed(event.sync, session, event.time);
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

  #missed(sync: Sync, session: Session, time: number): void {
    const { missedBytes } = sync;
    if (sync.cause !== 'backlog-miss' || missedBytes === null || missedBytes <= 0) return;
    const before = previousMain(session);
    const outageMs = msBetween(before?.closedAt ?? null, sync.decidedAt);
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
        outageBytesPerSecond:
          outageMs === null || outageMs <= 0 ? null : Math.round(missedBytes / (outageMs / 1000)),
        writeBytesPerSecond: this.#rates.get(session.link)?.bytesPerSecond ?? null,
        backlogAtLeast: typeof served === 'number' ? served : null,
        margin: BACKLOG_MARGIN,
        advisedBytes: roundSize(missedBytes * BACKLOG_MARGIN),
      },
    });
  }
}

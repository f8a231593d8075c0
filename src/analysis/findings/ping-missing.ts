import { grantOf } from '../../replication/grants.js';
import type { Link, Session } from '../../replication/model.js';
import { type Found, type LinkEvent, packetList, type Report, type Rule } from './rule.js';
import { isDumpClient, msBetween } from './sessions.js';
import type { Thresholds } from './thresholds.js';

/** PINGs of a stream from which its period can be told, to within a third. */
const LEAST_PINGS = 3;

/** Periods as they were observed, behind which a replica that gives up has a reason. */
const OBSERVED_PERIODS = 2;

interface Watch {
  /** How far the master had come, and when an ACK first found it there: it spoke at that time or before. */
  sentOffset: number;
  since: number;
  packet: number;
  found: Found | null;
}

/**
 * Nothing from an online master for several PING periods: it sends PING every repl-ping-replica-period (Redis 8: when nothing else
 * was sent). It is stopped, cut off, or itself a replica that has lost its master: such a one has nothing to pass on. After
 * repl-timeout the replica closes and looks for it again: then a shorter silence is told, if the PINGs before it came more often.
 */
export class PingMissing implements Rule {
  static readonly code = 'ping-missing';
  readonly #report: Report;
  readonly #thresholds: Thresholds;
  readonly #watches = new WeakMap<Session, Watch>();
  /** The latest silence that was told of a session. */
  readonly #told = new WeakMap<Session, Found>();

  constructor(report: Report, thresholds: Thresholds) {
    this.#report = report;
    this.#thresholds = thresholds;
  }

  event(event: LinkEvent): void {
    const { session, time, packet } = event;
    if (event.event === 'ack') this.#acknowledged(session, event.sentOffset, time, packet);
    else if (event.event === 'connection.closed') this.#look(session, time, packet);
  }

  end(links: readonly Link[], time: number): void {
    for (const { sessions } of links)
      for (const session of sessions) if (session.closedAt === null) this.#look(session, time, null);
  }

  /** A replica speaks each second: what has not come by then is missing, while it is. */
  #acknowledged(session: Session, sentOffset: number | null, time: number, packet: number): void {
    if (sentOffset === null) return;
    const watch = this.#watches.get(session);
    if (watch === undefined || watch.sentOffset !== sentOffset) {
      this.#watches.set(session, { sentOffset, since: time, packet, found: null });
      return;
    }
    const silentMs = msBetween(watch.since, time) ?? 0;
    if (silentMs < this.#limitMs || isDumpClient(session)) return;
    if (watch.found === null)
      watch.found = this.#tell(session, watch.since, silentMs, [watch.packet, packet]);
    else {
      watch.found.evidence.silentMs = silentMs;
      watch.found.packets = packetList(watch.packet, packet);
    }
  }

  get #limitMs(): number {
    return this.#thresholds.pingPeriodMs * this.#thresholds.missedPings;
  }

  /** The connection or the capture is over at `until`, and the times of the stream are exact. */
  #look(session: Session, until: number, packet: number | null): void {
    const since = speaksSince(session);
    if (since === null) return;
    const { stream, closedBy } = session;
    const lastAt = Math.max(since, stream.lastAt ?? since);
    const atEndMs = msBetween(lastAt, until) ?? 0;
    const isAtEnd = atEndMs >= stream.maxSilenceMs;
    const silentMs = isAtEnd ? atEndMs : stream.maxSilenceMs;
    const observedMs = observedPeriodMs(session, since);
    const gaveUp =
      isAtEnd &&
      closedBy === 'replica' &&
      observedMs !== null &&
      silentMs >= Math.max(this.#thresholds.ackLateMs, observedMs * OBSERVED_PERIODS);
    if (silentMs < this.#limitMs && !gaveUp) return;
    const watch = this.#watches.get(session);
    const found =
      (isAtEnd ? watch?.found : this.#told.get(session)) ??
      this.#tell(session, isAtEnd ? lastAt : (stream.maxSilenceAt ?? lastAt), silentMs, [
        isAtEnd ? (watch?.packet ?? grantOf(session)?.decisionPacket) : grantOf(session)?.decisionPacket,
      ]);
    if (found === null) return;
    found.packets = packetList(...found.packets, packet);
    Object.assign(found.evidence, {
      silentMs: Math.max(silentMs, Number(found.evidence.silentMs)),
      observedPeriodMs: observedMs,
      untilEnd: isAtEnd ? 1 : 0,
      closedByReplica: isAtEnd && closedBy === 'replica' ? 1 : 0,
    });
  }

  #tell(
    session: Session,
    time: number,
    silentMs: number,
    packets: (number | null | undefined)[],
  ): Found | null {
    const found = this.#report({
      severity: 'warning',
      code: PingMissing.code,
      sessions: [session],
      time,
      packets: packetList(...packets),
      evidence: {
        silentMs,
        pingPeriodMs: this.#thresholds.pingPeriodMs,
        observedPeriodMs: null,
        untilEnd: 0,
        closedByReplica: 0,
      },
    });
    if (found !== null) this.#told.set(session, found);
    return found;
  }
}

/** From when on the master owes PINGs (µs): a diskless sync holds everything back until the replica has loaded. */
function speaksSince(session: Session): number | null {
  if (session.phase !== 'online' || session.channel === 'rdb' || isDumpClient(session)) return null;
  if (session.payload !== null && session.payload.form !== null) return session.payload.loadedAt;
  // Of a connection that was joined nothing but its ACKs may have been captured.
  return session.joinedMidstream ? session.stream.lastAt : (session.onlineAt ?? session.acks.firstAt);
}

/** The period of the PINGs that were seen, ms; null: too few of them. */
function observedPeriodMs({ stream }: Session, since: number): number | null {
  if (stream.pings < LEAST_PINGS || stream.lastAt === null) return null;
  return (msBetween(since, stream.lastAt) ?? 0) / stream.pings;
}

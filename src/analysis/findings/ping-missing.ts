import type { Link, Session } from '../../replication/model.js';
import { type LinkEvent, packetList, type Report, type Rule } from './rule.js';
import { grantOf, isDumpClient, msBetween } from './sessions.js';
import type { Thresholds } from './thresholds.js';

/**
 * Nothing from an online master for several PING periods: it sends PING every repl-ping-replica-period (Redis 8: when nothing else
 * was sent). It is stopped, cut off, or itself a replica that has lost its master: such a one has nothing to pass on. After
 * repl-timeout the replica closes and looks for it again.
 */
export class PingMissing implements Rule {
  static readonly code = 'ping-missing';
  readonly #report: Report;
  readonly #limitMs: number;
  readonly #pingPeriodMs: number;

  constructor(report: Report, { pingPeriodMs, missedPings }: Thresholds) {
    this.#report = report;
    this.#pingPeriodMs = pingPeriodMs;
    this.#limitMs = pingPeriodMs * missedPings;
  }

  event(event: LinkEvent): void {
    if (event.event === 'connection.closed') this.#look(event.session, event.time, event.packet);
  }

  end(links: readonly Link[], time: number): void {
    for (const { sessions } of links)
      for (const session of sessions) if (session.closedAt === null) this.#look(session, time, null);
  }

  #look(session: Session, until: number, packet: number | null): void {
    const since = speaksSince(session);
    if (since === null) return;
    const { stream } = session;
    const lastAt = Math.max(since, stream.lastAt ?? since);
    const atEndMs = msBetween(lastAt, until) ?? 0;
    const isAtEnd = atEndMs >= stream.maxSilenceMs;
    const silentMs = isAtEnd ? atEndMs : stream.maxSilenceMs;
    if (silentMs < this.#limitMs) return;
    this.#report({
      severity: 'warning',
      code: PingMissing.code,
      sessions: [session],
      time: isAtEnd ? lastAt : (stream.maxSilenceAt ?? lastAt),
      packets: packetList(grantOf(session)?.decisionPacket, packet),
      evidence: {
        silentMs,
        pingPeriodMs: this.#pingPeriodMs,
        untilEnd: isAtEnd ? 1 : 0,
        closedByReplica: isAtEnd && session.closedBy === 'replica' ? 1 : 0,
      },
    });
  }
}

/** From when on the master owes PINGs (µs): a diskless sync holds everything back until the replica has loaded. */
function speaksSince(session: Session): number | null {
  if (session.phase !== 'online' || session.channel === 'rdb' || isDumpClient(session)) return null;
  if (session.payload !== null && session.payload.form !== null) return session.payload.loadedAt;
  // Of a connection that was joined nothing but its ACKs may have been captured.
  return session.joinedMidstream ? session.stream.lastAt : (session.onlineAt ?? session.acks.firstAt);
}

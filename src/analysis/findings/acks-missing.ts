import { grantOf } from '../../replication/grants.js';
import type { Link, Session } from '../../replication/model.js';
import { type LinkEvent, packetList, type Report, type Rule } from './rule.js';
import { isDumpClient, msBetween } from './sessions.js';
import type { Thresholds } from './thresholds.js';

/** Sessions that are watched at once for their first ACK. */
const MAX_WATCHED = 10_000;

/**
 * A session that is online and never acknowledges. Replicas since 2.8 do so at the latest a second after CONTINUE; after a full sync
 * they load first, with a newline a second. A tool that plays the replica (`redis-cli --replica`) owes nothing, and gets a note.
 */
export class AcksMissing implements Rule {
  static readonly code = 'acks-missing';
  readonly #report: Report;
  readonly #thresholds: Thresholds;
  /** Online, nothing acknowledged yet: when the replica was last heard of, or came online. */
  readonly #watched = new Map<Session, { since: number; packet: number }>();

  constructor(report: Report, thresholds: Thresholds) {
    this.#report = report;
    this.#thresholds = thresholds;
  }

  event(event: LinkEvent): void {
    const { session } = event;
    switch (event.event) {
      case 'stream.started':
        if (this.#watched.size < MAX_WATCHED && owesAcks(session))
          this.#watched.set(session, { since: event.time, packet: event.packet });
        return;
      case 'stream.keepalive': {
        const watch = event.from === 'replica' ? this.#watched.get(session) : undefined;
        if (watch !== undefined) watch.since = event.time;
        return;
      }
      case 'gap':
        if (event.from === 'replica') this.#watched.delete(session);
        return;
      case 'ack':
        this.#watched.delete(session);
        return;
      case 'connection.closed':
        if (session.payload === null) this.#look(session, event.time);
        this.#watched.delete(session);
        return;
      default:
    }
  }

  tick(time: number): void {
    for (const session of this.#watched.keys()) this.#look(session, time);
  }

  end(_links: readonly Link[], time: number): void {
    this.tick(time);
  }

  #look(session: Session, time: number): void {
    const watch = this.#watched.get(session);
    if (watch === undefined) return;
    const silentMs = msBetween(watch.since, time) ?? 0;
    const { ackSilenceMs, replTimeoutMs } = this.#thresholds;
    if (silentMs < (session.payload === null ? ackSilenceMs : replTimeoutMs)) return;
    this.#watched.delete(session);
    const isTool = session.handshake.listeningPort === null;
    this.#report({
      severity: isTool ? 'info' : 'warning',
      code: AcksMissing.code,
      sessions: [session],
      time,
      packets: packetList(grantOf(session)?.decisionPacket, watch.packet),
      evidence: {
        silentMs,
        loading: session.payload === null ? 0 : 1,
        announcedPort: session.handshake.listeningPort,
      },
    });
  }
}

function owesAcks(session: Session): boolean {
  const decision = grantOf(session)?.decision;
  const hasOffsets = decision === 'FULLRESYNC' || decision === 'CONTINUE';
  return hasOffsets && session.channel === 'main' && !isDumpClient(session);
}

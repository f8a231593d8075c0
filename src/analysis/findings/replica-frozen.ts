import type { Session } from '../../replication/model.js';
import { type Found, type LinkEvent, packetList, type Report, type Rule } from './rule.js';
import { msBetween } from './sessions.js';
import type { Thresholds } from './thresholds.js';

interface Silence {
  lastAckPacket: number;
  lagPacket: number;
  found: Found | null;
}

/**
 * The replica's kernel acknowledges stream bytes (TCP), its process does not (REPLCONF ACK, once a second by replicationCron): it is
 * stopped, swapping, blocked by a long command or by its disk. After repl-timeout the master closes the connection.
 */
export class ReplicaFrozen implements Rule {
  static readonly code = 'replica-frozen';
  readonly #report: Report;
  readonly #thresholds: Thresholds;
  /** Packet of the latest ACK. */
  readonly #acks = new WeakMap<Session, number>();
  /** Those of which a byte is unacknowledged for long; `lag.high` told. */
  readonly #silent = new Map<Session, Silence>();

  constructor(report: Report, thresholds: Thresholds) {
    this.#report = report;
    this.#thresholds = thresholds;
  }

  event(event: LinkEvent): void {
    const { session } = event;
    switch (event.event) {
      case 'ack':
        this.#acks.set(session, event.packet);
        this.#silent.delete(session);
        return;
      case 'lag.high': {
        const last = this.#acks.get(session);
        if (last !== undefined && last !== event.packet)
          this.#silent.set(session, { lastAckPacket: last, lagPacket: event.packet, found: null });
        return;
      }
      case 'connection.closed':
        this.#closed(session, event.time, event.packet);
        return;
      default:
    }
  }

  tick(time: number): void {
    for (const [session, silence] of this.#silent) {
      const silentMs = msBetween(session.acks.lastAt, time) ?? 0;
      if (silence.found !== null) silence.found.evidence.silentMs = silentMs;
      else if (silentMs >= this.#thresholds.ackSilenceMs) {
        silence.found = this.#tell(session, time, silentMs, [silence.lastAckPacket, silence.lagPacket]);
        if (silence.found === null) this.#silent.delete(session);
      }
    }
  }

  #closed(session: Session, time: number, packet: number): void {
    const silence = this.#silent.get(session);
    this.#silent.delete(session);
    const last = this.#acks.get(session);
    const silentMs = msBetween(session.acks.lastAt, time) ?? 0;
    const byMaster = session.closedBy === 'master' ? 1 : 0;
    let found = silence?.found ?? null;
    if (found === null && last !== undefined && byMaster === 1 && silentMs >= this.#thresholds.ackLateMs)
      found = this.#tell(session, time, silentMs, [last, packet]);
    if (found === null) return;
    found.packets = packetList(...found.packets, packet);
    Object.assign(found.evidence, {
      silentMs,
      closedByMaster: byMaster,
      endsInside: session.stream.endsInside ? 1 : 0,
    });
  }

  #tell(session: Session, time: number, silentMs: number, packets: number[]): Found | null {
    const { received, lastAck } = session.offsets;
    if (received === null || lastAck === null || received <= lastAck) return null;
    return this.#report({
      severity: 'warning',
      code: ReplicaFrozen.code,
      sessions: [session],
      time,
      packets: packetList(...packets),
      evidence: {
        silentMs,
        lastAck,
        receivedOffset: received,
        receivedBytes: received - lastAck,
        closedByMaster: 0,
      },
    });
  }
}

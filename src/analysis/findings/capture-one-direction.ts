import type { Link, Session } from '../../replication/model.js';
import { type LinkEvent, packetList, type Report, type Rule } from './rule.js';
import { MASTER, REPLICA, SpokenSides } from './sides.js';

/**
 * Only one side of a connection is in the capture, which follows from what a replica or a master says only after the other one has
 * spoken: no replica acknowledges what was not sent, no master sends a stream that nobody asked for.
 */
export class CaptureOneDirection implements Rule {
  static readonly code = 'capture-one-direction';
  readonly #report: Report;
  readonly #spoken = new SpokenSides();
  readonly #firstAck = new WeakMap<Session, number>();
  /** First and latest packet in which a session said something. */
  readonly #packets = new WeakMap<Session, [first: number, latest: number]>();

  constructor(report: Report) {
    this.#report = report;
  }

  event(event: LinkEvent): void {
    if (event.event === 'ack' && !this.#firstAck.has(event.session))
      this.#firstAck.set(event.session, event.offset);
    if (this.#spoken.note(event) === 0) return;
    const packets = this.#packets.get(event.session);
    if (packets === undefined) this.#packets.set(event.session, [event.packet, event.packet]);
    else packets[1] = event.packet;
  }

  end(links: readonly Link[], time: number): void {
    for (const { sessions } of links) {
      const oneSided = sessions.filter((session) => this.#isOneSided(session));
      const [first, ...others] = oneSided;
      if (first === undefined) continue;
      const packets = packetList(...oneSided.flatMap((session) => this.#packets.get(session) ?? []));
      this.#report({
        severity: 'warning',
        code: CaptureOneDirection.code,
        sessions: [first, ...others],
        time,
        packets: packetList(packets[0], packets.at(-1)),
        evidence: {
          sessions: oneSided.length,
          of: sessions.length,
          missing: this.#spoken.of(first) === REPLICA ? 'master' : 'replica',
        },
      });
    }
  }

  #isOneSided(session: Session): boolean {
    const spoke = this.#spoken.of(session);
    if (spoke === MASTER) return session.payload !== null || session.stream.commands > 0;
    if (spoke !== REPLICA || session.acks.count === 0) return false;
    if (session.stream.bytes > 0 || session.payload !== null) return false;
    // A link that was joined may be idle: not so when its offset grows.
    return !session.joinedMidstream || session.offsets.lastAck !== this.#firstAck.get(session);
  }
}

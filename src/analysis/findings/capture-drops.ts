import type { Link, Session } from '../../replication/model.js';
import { type CaptureState, type LinkEvent, packetList, type Report, type Rule } from './rule.js';
import { MASTER, REPLICA, SpokenSides } from './sides.js';

/**
 * Bytes of a link that its receiver has (TCP acknowledged them) and the capture has not: dropped by the kernel or a mirror port, or cut
 * by a snapshot length. Offsets stay exact, counts and payloads do not. Drops that the capture itself counts (pcapng's interface
 * statistics, those of a live capture) are told even where no link lacks anything: whole connections may be missing.
 */
export class CaptureDrops implements Rule {
  static readonly code = 'capture-drops';
  readonly #report: Report;
  /** The packets in which the first and the latest hole of a session were noticed. */
  readonly #holes = new WeakMap<Session, [first: number, latest: number]>();
  readonly #spoken = new SpokenSides();

  constructor(report: Report) {
    this.#report = report;
  }

  event(event: LinkEvent): void {
    const { session, packet } = event;
    this.#spoken.note(event);
    if (event.event !== 'gap') return;
    // What a side said of which nothing at all was captured is `capture-one-direction`.
    const from = event.from === 'master' ? MASTER : REPLICA;
    if ((this.#spoken.of(session) & from) === 0 && session.phase === 'online') return;
    this.#holes.set(session, [this.#holes.get(session)?.[0] ?? packet, packet]);
  }

  end(links: readonly Link[], time: number, capture: CaptureState): void {
    let isTold = false;
    for (const { sessions } of links) {
      const holed = sessions.filter((session) => session.loss.gaps > 0 && this.#holes.has(session));
      if (holed.length === 0) continue;
      this.#tell(holed, time, capture);
      isTold = true;
    }
    if (!isTold && (capture.kernelDrops ?? 0) > 0) this.#tell([], time, capture);
  }

  #tell(sessions: readonly Session[], time: number, { cutPackets, kernelDrops }: CaptureState): void {
    const sum = (count: (session: Session) => number): number =>
      sessions.reduce((all, each) => all + count(each), 0);
    const packets = packetList(...sessions.flatMap((session) => this.#holes.get(session) ?? []));
    this.#report({
      severity: sessions.length === 0 ? 'info' : 'warning',
      code: CaptureDrops.code,
      sessions,
      time,
      packets: packetList(packets[0], packets.at(-1)),
      evidence: {
        gaps: sum(({ loss }) => loss.gaps),
        missingBytes: sum(({ loss }) => loss.missingBytes),
        sessions: sessions.length,
        cutPackets,
        kernelDrops,
      },
    });
  }
}

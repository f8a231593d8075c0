import type { Link, Session } from '../../replication/model.js';
import type { CaptureState, Report, Rule } from './rule.js';

/**
 * Bytes of a link that its receiver has (TCP acknowledged them) and the capture has not: dropped by the kernel or a mirror port, or cut
 * by a snapshot length. Offsets stay exact, counts and payloads do not.
 */
export class CaptureDrops implements Rule {
  static readonly code = 'capture-drops';
  readonly #report: Report;

  constructor(report: Report) {
    this.#report = report;
  }

  end(links: readonly Link[], time: number, { cutPackets }: CaptureState): void {
    for (const { sessions } of links) {
      const [first, ...others] = sessions.filter(({ loss }) => loss.gaps > 0);
      if (first !== undefined) this.#tell([first, ...others], time, cutPackets);
    }
  }

  #tell(sessions: [Session, ...Session[]], time: number, cutPackets: number): void {
    const sum = (count: (session: Session) => number): number =>
      sessions.reduce((all, each) => all + count(each), 0);
    this.#report({
      severity: 'warning',
      code: CaptureDrops.code,
      sessions,
      time,
      packets: [],
      evidence: {
        gaps: sum(({ loss }) => loss.gaps),
        missingBytes: sum(({ loss }) => loss.missingBytes),
        sessions: sessions.length,
        cutPackets,
      },
    });
  }
}

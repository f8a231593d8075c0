import type { Link, Session } from '../../replication/model.js';
import { type Found, type LinkEvent, packetList, type Report } from './rule.js';
import { msBetween } from './sessions.js';

/** Packets named: the first and the latest. */
interface Run {
  attempts: number;
  firstAt: number;
  firstPacket: number;
  firstSession: Session;
  found: Found | null;
}

/** Attempts of a replica that come to nothing for the same kind of reason, one after the other: one finding, which grows. */
export class RefusedAttempts {
  readonly #report: Report;
  readonly #code: string;
  readonly #isDue: (attempts: number, overMs: number) => boolean;
  readonly #runs = new WeakMap<Link, Run>();

  constructor(report: Report, code: string, isDue: (attempts: number, overMs: number) => boolean) {
    this.#report = report;
    this.#code = code;
    this.#isDue = isDue;
  }

  /** Another attempt came to nothing, for a reason that the master named. */
  refused(
    { link, session, time, packet }: Pick<LinkEvent, 'link' | 'session' | 'time' | 'packet'>,
    reason: string,
  ): void {
    let run = this.#runs.get(link);
    if (run === undefined) {
      run = { attempts: 0, firstAt: time, firstPacket: packet, firstSession: session, found: null };
      this.#runs.set(link, run);
    }
    run.attempts++;
    const overMs = msBetween(run.firstAt, time) ?? 0;
    if (!this.#isDue(run.attempts, overMs)) return;
    const packets = packetList(run.firstPacket, packet);
    const evidence = { attempts: run.attempts, overMs, reason, recovered: 0 };
    if (run.found !== null) {
      run.found.packets = packets;
      run.found.sessions = [run.firstSession, session];
      Object.assign(run.found.evidence, evidence);
    } else run.found = this.#tell([run.firstSession, session], time, packets, evidence);
  }

  /** It was let in. */
  recovered(link: Link): void {
    const run = this.#runs.get(link);
    if (run?.found) run.found.evidence.recovered = 1;
    this.#runs.delete(link);
  }

  #tell(
    sessions: Found['sessions'],
    time: number,
    packets: number[],
    evidence: Found['evidence'],
  ): Found | null {
    return this.#report({
      ...{ severity: 'warning', code: this.#code, sessions, time, packets, evidence },
    });
  }
}

import type { Link } from '../../replication/model.js';
import { type CaptureState, packetList, type Report, type Rule } from './rule.js';

/**
 * Packets whose times go back: the clock of the capturing host was set, or files were put one behind the other in the wrong order. Offsets do
 * not depend on times; lags, durations and the order of what happened on different connections do. A clock that was set forward cannot
 * be told from a pause.
 */
export class CaptureClock implements Rule {
  static readonly code = 'capture-clock';
  readonly #report: Report;

  constructor(report: Report) {
    this.#report = report;
  }

  end(_links: readonly Link[], _time: number, { clock }: CaptureState): void {
    if (clock === null) return;
    this.#report({
      severity: 'warning',
      code: CaptureClock.code,
      sessions: [],
      time: clock.time,
      packets: packetList(clock.packet - 1, clock.packet),
      evidence: { backMs: clock.mostUs / 1000, packet: clock.packet, times: clock.times },
    });
  }
}

import type { StreamNotice } from '../../replication/events.js';
import type { Session } from '../../replication/model.js';
import { type Found, packetList, type Report, type Rule } from './rule.js';
import type { Thresholds } from './thresholds.js';

const SECOND_US = 1_000_000;

interface Storm {
  second: number;
  deletes: number;
  firstPacket: number;
  found: Found | null;
}

/**
 * Many DEL or UNLINK of one key each in a second, outside of transactions: what a master sends for keys that expire together (its
 * activeExpireCycle, ten times a second; UNLINK with lazyfree-lazy-expire). Clients that delete send the same.
 */
export class ExpiryStorm implements Rule {
  static readonly code = 'expiry-storm';
  readonly #report: Report;
  readonly #limit: number;
  readonly #storms = new WeakMap<Session, Storm>();

  constructor(report: Report, thresholds: Thresholds) {
    this.#report = report;
    this.#limit = thresholds.deletesPerSecond;
  }

  notice(notice: StreamNotice): void {
    if (notice.notice !== 'deletes') return;
    const { session, time, packet, amount } = notice;
    const second = Math.floor(time / SECOND_US);
    let storm = this.#storms.get(session);
    if (storm === undefined || second > storm.second) {
      // The next second goes on with what the one before began.
      const goesOn = storm?.found != null && second === storm.second + 1;
      storm = { second, deletes: 0, firstPacket: packet, found: goesOn ? storm!.found : null };
      this.#storms.set(session, storm);
    }
    storm.deletes += amount;
    if (storm.deletes >= this.#limit) this.#tell(notice, storm, packet);
  }

  #tell({ session, time, amount }: StreamNotice, storm: Storm, packet: number): void {
    if (storm.found === null) {
      storm.found = this.#report({
        severity: 'info',
        code: ExpiryStorm.code,
        sessions: [session],
        time,
        packets: packetList(storm.firstPacket, packet),
        evidence: { deletes: storm.deletes, perSecond: storm.deletes, lastedMs: 0 },
      });
      return;
    }
    const { evidence } = storm.found;
    const isNewSecond = storm.deletes - amount < this.#limit;
    evidence.deletes = Number(evidence.deletes) + (isNewSecond ? storm.deletes : amount);
    evidence.perSecond = Math.max(Number(evidence.perSecond), storm.deletes);
    evidence.lastedMs = Math.max(0, time - storm.found.time) / 1000;
    storm.found.packets = packetList(storm.found.packets[0], packet);
  }
}

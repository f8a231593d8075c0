import type { Session } from '../../replication/model.js';
import { type Found, type LinkEvent, packetList, type Report, type Rule } from './rule.js';
import { settingsWord } from './sizing.js';
import type { Thresholds } from './thresholds.js';

/** Masters that are watched, and replicas of each. */
const MAX_MASTERS = 1_000;
const MAX_REPLICAS = 1_000;

interface Ack {
  time: number;
  packet: number;
}

interface Master {
  acks: Map<Session, Ack>;
  /** From when on the count means something: enough replicas were there, or had time to come. µs */
  seenAt: number;
  isReady: boolean;
  found: Found | null;
}

/**
 * With min-replicas-to-write N and min-replicas-max-lag S a master refuses writes (-NOREPLICAS) while fewer than N replicas have
 * acknowledged within S seconds (refreshGoodSlavesCount, once a second). Tells when that would have been so, for values that are given.
 */
export class MinReplicas implements Rule {
  static readonly code = 'min-replicas';
  readonly #report: Report;
  readonly #least: number | null;
  readonly #maxLagMs: number;
  readonly #masters = new Map<string, Master>();

  constructor(report: Report, thresholds: Thresholds) {
    this.#report = report;
    this.#least = thresholds.minReplicas;
    this.#maxLagMs = thresholds.minReplicasMaxLagMs;
  }

  event(event: LinkEvent): void {
    if (this.#least === null) return;
    const { session, link, time, packet } = event;
    if (event.event === 'ack') {
      let master = this.#masters.get(link.master);
      if (master === undefined) {
        if (this.#masters.size >= MAX_MASTERS) return;
        master = { acks: new Map(), seenAt: time, isReady: false, found: null };
        this.#masters.set(link.master, master);
      }
      if (master.acks.size < MAX_REPLICAS || master.acks.has(session))
        master.acks.set(session, { time, packet });
    } else if (event.event === 'connection.closed') {
      const master = this.#masters.get(link.master);
      // What would be refused for is told of a replica that has left, too.
      if (master?.acks.has(session)) {
        if (master.acks.size > 1) master.acks.delete(session);
        else master.acks.set(session, { time: Number.NEGATIVE_INFINITY, packet });
      }
    }
  }

  tick(time: number): void {
    if (this.#least === null) return;
    for (const master of this.#masters.values()) this.#look(master, this.#least, time);
  }

  end(_links: unknown, time: number): void {
    this.tick(time);
  }

  #look(master: Master, least: number, time: number): void {
    let good = 0;
    for (const ack of master.acks.values()) if (time - ack.time <= this.#maxLagMs * 1000) good++;
    master.isReady ||= good >= least || time - master.seenAt > this.#maxLagMs * 1000;
    if (!master.isReady) return;
    if (good >= least) master.found = null;
    else if (master.found === null) master.found = this.#tell(master, good, least, time);
    else {
      const { evidence } = master.found;
      evidence.lastedMs = Math.max(0, time - master.found.time) / 1000;
      evidence.leastGood = Math.min(Number(evidence.leastGood), good);
    }
  }

  #tell(master: Master, good: number, least: number, time: number): Found | null {
    const [session, { packet }] = [...master.acks].reduce((a, b) => (b[1].time < a[1].time ? b : a));
    return this.#report({
      severity: 'warning',
      code: MinReplicas.code,
      sessions: [session],
      time,
      packets: packetList(packet),
      evidence: {
        minReplicas: least,
        maxLagMs: this.#maxLagMs,
        leastGood: good,
        lastedMs: 0,
        settingsWord: settingsWord(session.link),
      },
    });
  }
}

import type { Link, Session, Sync } from '../../replication/model.js';
import { type Found, type LinkEvent, packetList, type Report, type Rule } from './rule.js';
import { LEAVES_AT_ONCE_US, msBetween, previousMain } from './sessions.js';
import type { Thresholds } from './thresholds.js';

/** Decisions named of a loop: the first ones. */
const MAX_NAMED = 16;

/** A run of full resyncs, each because the one before came to nothing. */
interface Run {
  syncs: number;
  firstAt: number;
  packets: number[];
  sessions: [Session, ...Session[]];
  bytes: number;
  failed: number;
  byMaster: number;
  backlogMisses: number;
  found: Found | null;
}

/**
 * The signature of a full-resync loop: the same replica asks, is granted a full sync, gets (part of) a payload, and is gone before it
 * has been online for long, again and again. One that ends well and is followed by a restart or another REPLICAOF is no part of it:
 * a sync counts when the one before it failed, or when the link had come up and was lost again for a backlog too short.
 */
export class ResyncLoop implements Rule {
  static readonly code = 'resync-loop';
  readonly #report: Report;
  readonly #thresholds: Thresholds;
  readonly #runs = new WeakMap<Link, Run>();

  constructor(report: Report, thresholds: Thresholds) {
    this.#report = report;
    this.#thresholds = thresholds;
  }

  event(event: LinkEvent): void {
    if (event.event !== 'sync.decided' || event.session.channel !== 'main') return;
    const { sync, session } = event;
    const isFull =
      sync.decision === 'FULLRESYNC' || sync.decision === 'SYNC' || sync.decision === 'DUALCHANNEL';
    if (isFull && sync.cause !== 'rdb-only') this.#full(sync, session, event.time, event.packet);
  }

  #full(sync: Sync, session: Session, time: number, packet: number): void {
    const before = previousMain(session);
    const run = this.#runs.get(session.link);
    if (run === undefined || before === null || !this.#goesOn(sync, before)) {
      this.#runs.set(session.link, newRun(session, time, packet));
      return;
    }
    run.syncs++;
    if (run.packets.length < MAX_NAMED) {
      run.packets.push(packet);
      run.sessions.push(session);
    }
    run.bytes += payloadBytes(before);
    if (before.closedBy === 'master') run.byMaster++;
    if (heldIt(before)) run.backlogMisses++;
    else run.failed++;
    if (run.syncs < this.#thresholds.loopSyncs) return;
    const severity = run.failed + run.backlogMisses >= this.#thresholds.loopSyncs ? 'error' : 'warning';
    const packets = packetList(...run.packets);
    const evidence = {
      syncs: run.syncs,
      overMs: msBetween(run.firstAt, time),
      failedTransfers: run.failed,
      closedByMaster: run.byMaster,
      backlogMisses: run.backlogMisses,
      payloadBytes: run.bytes,
    };
    if (run.found !== null)
      Object.assign(run.found, { severity, packets, evidence: { ...run.found.evidence, ...evidence } });
    else
      run.found = this.#report({
        ...{ severity, code: ResyncLoop.code, sessions: run.sessions, time, packets, evidence },
      });
  }

  /** Does this full sync follow from how the session before went? */
  #goesOn(sync: Sync, before: Session): boolean {
    if (before.closedAt === null || before.syncs.length === 0) return false;
    if (!heldIt(before))
      return before.payload !== null || before.syncs.some(({ decision }) => decision === 'DUALCHANNEL');
    const online = msBetween(before.payload?.loadedAt ?? before.onlineAt, before.closedAt) ?? 0;
    return sync.cause === 'backlog-miss' && online < this.#thresholds.stableMs;
  }
}

/** The replica got so far as to acknowledge; one from before PSYNC never does, but stays. */
function heldIt(session: Session): boolean {
  const { acks, syncs, payload, closedAt } = session;
  const decision = syncs.at(-1)?.decision;
  const isOfTwo = syncs.some((sync) => sync.decision === 'DUALCHANNEL');
  if (acks.count > 0 || (decision === 'CONTINUE' && !isOfTwo)) return true;
  if (decision !== 'SYNC' || payload?.complete !== true || payload.finishedAt === null) return false;
  return closedAt === null || closedAt - payload.finishedAt >= LEAVES_AT_ONCE_US;
}

function payloadBytes(session: Session): number {
  const { payload, link } = session;
  if (payload !== null) return payload.bytes;
  const other = link.sessions.findLast((each) => each.channel === 'rdb' && each.number > session.number);
  return other?.payload?.bytes ?? 0;
}

function newRun(session: Session, time: number, packet: number): Run {
  return {
    ...{ syncs: 1, firstAt: time, packets: [packet], sessions: [session] },
    ...{ bytes: 0, failed: 0, byMaster: 0, backlogMisses: 0, found: null },
  };
}

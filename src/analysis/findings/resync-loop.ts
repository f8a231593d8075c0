import type { Link, Session, Sync } from '../../replication/model.js';
import { type Found, type LinkEvent, packetList, type Report, type Rule } from './rule.js';
import { LEAVES_AT_ONCE_US, msBetween, previousGranted } from './sessions.js';
import type { Thresholds } from './thresholds.js';

/** Decisions named of a loop: the first ones. */
const MAX_NAMED = 16;

/** A run of full resyncs, each because the one before came to nothing. */
interface Run {
  syncs: number;
  firstAt: number;
  packets: number[];
  sessions: [Session, ...Session[]];
  /** The session of the latest of them, and the latest one that was counted as come to nothing. */
  latest: Session;
  counted: Session | null;
  bytes: number;
  failed: number;
  byMaster: number;
  backlogMisses: number;
  found: Found | null;
}

/**
 * The signature of a full-resync loop: the same replica asks, is granted a full sync, gets (part of) a payload, and is gone before it
 * has been online for long, again and again. One that ends well and is followed by a restart or another REPLICAOF is no part of it:
 * a sync counts as come to nothing when its connection ended before the first ACK, or when the link came up, was lost within
 * `stableMs`, and had to begin anew for a backlog too short. It is a loop when `loopSyncs` in a row came to nothing, and known then.
 */
export class ResyncLoop implements Rule {
  static readonly code = 'resync-loop';
  readonly #report: Report;
  readonly #thresholds: Thresholds;
  /** As many as there are links, which are bounded. */
  readonly #runs = new Map<Link, Run>();
  /** Of two connections the second one's grant tells why the first one's request was not continued. */
  readonly #undecided = new Map<Link, { sync: Sync; session: Session; time: number; packet: number }>();

  constructor(report: Report, thresholds: Thresholds) {
    this.#report = report;
    this.#thresholds = thresholds;
  }

  event(event: LinkEvent): void {
    const { session, time, packet } = event;
    if (event.event === 'payload.started' && session.channel === 'rdb') this.#nowKnown(event.link);
    if (session.channel !== 'main') return;
    if (event.event === 'connection.closed') {
      if (this.#undecided.get(event.link)?.session === session) this.#nowKnown(event.link);
      this.#closed(session, time, packet);
    }
    if (event.event !== 'sync.decided') return;
    const { sync } = event;
    const isFull =
      sync.decision === 'FULLRESYNC' || sync.decision === 'SYNC' || sync.decision === 'DUALCHANNEL';
    if (!isFull || sync.cause === 'rdb-only') return;
    this.#nowKnown(event.link);
    if (sync.decision === 'DUALCHANNEL' && sync.cause === 'unknown')
      this.#undecided.set(event.link, { sync, session, time, packet });
    else this.#full(sync, session, time, packet);
  }

  end(): void {
    for (const run of this.#runs.values()) endsOnline(run);
  }

  #nowKnown(link: Link): void {
    const asked = this.#undecided.get(link);
    if (asked === undefined) return;
    this.#undecided.delete(link);
    this.#full(asked.sync, asked.session, asked.time, asked.packet);
  }

  #full(sync: Sync, session: Session, time: number, packet: number): void {
    const before = previousGranted(session);
    const run = this.#runs.get(session.link);
    if (run === undefined || before === null || !this.#goesOn(sync, before)) {
      if (run !== undefined) endsOnline(run);
      this.#runs.set(session.link, newRun(session, time, packet));
      return;
    }
    run.syncs++;
    if (run.found !== null) run.found.evidence.syncs = run.syncs;
    this.#count(run, before, time);
    run.latest = session;
    if (run.packets.length < MAX_NAMED) {
      run.packets.push(packet);
      run.sessions.push(session);
    }
  }

  #closed(session: Session, time: number, packet: number): void {
    const run = this.#runs.get(session.link);
    if (run?.latest !== session || heldIt(session) || !hadPayload(session)) return;
    if (run.packets.length < MAX_NAMED) run.packets.push(packet);
    this.#count(run, session, time);
  }

  /** The sync of `session` has come to nothing. */
  #count(run: Run, session: Session, time: number): void {
    if (run.counted === session) return;
    run.counted = session;
    run.bytes += payloadBytes(session);
    if (session.closedBy === 'master') run.byMaster++;
    if (heldIt(session)) run.backlogMisses++;
    else run.failed++;
    if (run.failed + run.backlogMisses < this.#thresholds.loopSyncs) return;
    const packets = packetList(...run.packets);
    const evidence = {
      syncs: run.syncs,
      overMs: msBetween(run.firstAt, time),
      failedTransfers: run.failed,
      closedByMaster: run.byMaster,
      backlogMisses: run.backlogMisses,
      payloadBytes: run.bytes,
      cameUp: 0,
    };
    if (run.found !== null)
      Object.assign(run.found, { packets, evidence: { ...run.found.evidence, ...evidence } });
    else
      run.found = this.#report({
        ...{ severity: 'error', code: ResyncLoop.code, sessions: run.sessions, time, packets, evidence },
      });
  }

  /** Does this full sync follow from how the session before went? */
  #goesOn(sync: Sync, before: Session): boolean {
    if (before.closedAt === null) return false;
    if (!heldIt(before)) return hadPayload(before);
    const online = msBetween(before.payload?.loadedAt ?? before.onlineAt, before.closedAt) ?? 0;
    return sync.cause === 'backlog-miss' && online < this.#thresholds.stableMs;
  }
}

/** Enters whether the latest sync of a loop was held until it was last seen. */
function endsOnline({ found, latest, counted }: Run): void {
  if (found !== null && counted !== latest && heldIt(latest)) found.evidence.cameUp = 1;
}

/** It was sent some of a payload, on this connection or on the second one of the sync. */
function hadPayload({ payload, syncs }: Session): boolean {
  return payload !== null || syncs.some(({ decision }) => decision === 'DUALCHANNEL');
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
    ...{ syncs: 1, firstAt: time, packets: [packet], sessions: [session], latest: session, counted: null },
    ...{ bytes: 0, failed: 0, byMaster: 0, backlogMisses: 0, found: null },
  };
}

import type { Link, Session, Sync } from '../../replication/model.js';
import { type LinkEvent, packetList, type Report, type Rule } from './rule.js';
import { fullSyncOf, isDumpClient, LEAVES_AT_ONCE_US, msBetween, roundSize } from './sessions.js';
import type { Thresholds } from './thresholds.js';

/** Why a transfer was probably cut off. */
export type AbortReason = 'output-buffer' | 'timeout' | 'checksum' | 'refused' | 'master-gone' | 'unknown';

/** µs within which connections that one event ended are closed. */
const AT_ONCE_US = 1_000_000;

/** How long what was written since the fork is waited for: the replica's next request tells it. µs */
const PATIENCE_US = 30_000_000;

/** Aborts that wait for it, and histories whose end is remembered. */
const MAX_WAITING = 100;
const MAX_HISTORIES = 1_000;

/** A timer of one second decides: a silence this much shorter than the timeout may have been it. */
const TIMER_SLACK_MS = 1_500;

/** What an output buffer is made of (PROTO_REPLY_CHUNK_BYTES): no limit means anything below it. */
const LEAST_BUFFER_BYTES = 16 * 1024;

/** Margin of an advised output buffer limit. */
const BUFFER_MARGIN = 2;

interface Waiting {
  session: Session;
  sync: Sync;
  stage: 'payload' | 'load';
  packet: number;
}

/**
 * A connection that ended inside its payload, or behind it before the replica's first ACK. Who closed, after which silence and after
 * how much was written meanwhile tell why: a master closes for client-output-buffer-limit (checkClientOutputBufferLimits) or
 * repl-timeout (replicationCron), a replica for repl-timeout (no progress) or because it could not load (readSyncBulkPayload).
 */
export class TransferAborted implements Rule {
  static readonly code = 'transfer-aborted';
  readonly #report: Report;
  readonly #thresholds: Thresholds;
  readonly #waiting: Waiting[] = [];
  /** Highest offset seen of each history, by its id. */
  readonly #reached = new Map<string, number>();
  /** Latest end of a connection by its master's side: master → time. */
  readonly #closedByMaster = new Map<string, { time: number; links: Set<Link> }>();
  /** When the replica last said that it is loading. */
  readonly #newlines = new WeakMap<Session, number>();

  constructor(report: Report, thresholds: Thresholds) {
    this.#report = report;
    this.#thresholds = thresholds;
  }

  event(event: LinkEvent): void {
    const { session } = event;
    switch (event.event) {
      case 'ack':
        this.#reach(session, event.sentOffset);
        return;
      case 'stream.keepalive':
        if (event.from === 'replica') this.#newlines.set(session, event.time);
        return;
      case 'sync.decided':
        if (event.sync.grantedReplid !== null)
          this.#reachId(event.sync.grantedReplid, event.sync.grantedOffset ?? (event.sync.offset ?? 1) - 1);
        this.#settle((each) => each.sync.grantedReplid === event.sync.grantedReplid);
        return;
      case 'connection.closed':
        this.#closed(session, event.time, event.packet);
        return;
      default:
    }
  }

  tick(time: number): void {
    if (this.#waiting.length > 0) this.#settle(({ session }) => time - session.closedAt! > PATIENCE_US);
  }

  end(): void {
    this.#settle(() => true);
  }

  #reach(session: Session, offset: number | null): void {
    const id = session.syncs.findLast(({ grantedReplid }) => grantedReplid !== null)?.grantedReplid;
    if (id != null) this.#reachId(id, offset);
  }

  #reachId(id: string, offset: number | null): void {
    if (offset === null || offset <= (this.#reached.get(id) ?? -1)) return;
    this.#reached.delete(id);
    this.#reached.set(id, offset);
    if (this.#reached.size > MAX_HISTORIES) this.#reached.delete(this.#reached.keys().next().value!);
  }

  #closed(session: Session, time: number, packet: number): void {
    this.#reach(session, session.offsets.end);
    if (session.closedBy === 'master') this.#noteMaster(session, time);
    const sync = fullSyncOf(session);
    const stage = sync === null ? null : stageOf(session, sync);
    if (sync === null || stage === null) return;
    const waiting = { session, sync, stage, packet };
    if (session.closedBy === 'master' && this.#waiting.length < MAX_WAITING) this.#waiting.push(waiting);
    else this.#tell(waiting);
  }

  #noteMaster(session: Session, time: number): void {
    const { master } = session.link;
    const last = this.#closedByMaster.get(master);
    if (last !== undefined && time - last.time < AT_ONCE_US) last.links.add(session.link);
    else this.#closedByMaster.set(master, { time, links: new Set([session.link]) });
    if (this.#closedByMaster.size > MAX_HISTORIES)
      this.#closedByMaster.delete(this.#closedByMaster.keys().next().value!);
  }

  #settle(isDue: (waiting: Waiting) => boolean): void {
    for (let i = this.#waiting.length - 1; i >= 0; i--)
      if (isDue(this.#waiting[i]!)) this.#tell(this.#waiting.splice(i, 1)[0]!);
  }

  #tell({ session, sync, stage, packet }: Waiting): void {
    const { payload, closedBy } = session;
    const reached = sync.grantedReplid === null ? undefined : this.#reached.get(sync.grantedReplid);
    const sinceFork =
      sync.grantedOffset === null || reached === undefined ? null : Math.max(0, reached - sync.grantedOffset);
    const spoke = Math.max(payload!.lastAt ?? 0, stage === 'load' ? (this.#newlines.get(session) ?? 0) : 0);
    const silentMs = msBetween(spoke === 0 ? sync.decidedAt : spoke, session.closedAt);
    const reason = this.#reason(session, stage, silentMs, sinceFork);
    this.#report({
      // A wrong checksum is a finding of its own.
      severity: reason === 'checksum' ? 'info' : 'warning',
      code: TransferAborted.code,
      sessions: [session],
      time: session.closedAt!,
      packets: packetList(sync.decisionPacket, payload!.startPacket, payload!.finishPacket, packet),
      evidence: {
        reason,
        stage,
        closedBy,
        closedHow: session.closedHow,
        payloadBytes: payload!.bytes,
        declaredBytes: payload!.declaredBytes,
        transferMs: msBetween(payload!.startedAt, payload!.finishedAt ?? session.closedAt),
        silentMs,
        bytesSinceFork: sinceFork,
        sinceForkMs: msBetween(sync.decidedAt, session.closedAt),
        checksum: payload!.rdb?.checksum ?? null,
        rdbVersion: payload!.rdb?.version ?? null,
        ...(reason === 'output-buffer' && this.#limits(sinceFork ?? 0)),
      },
    });
  }

  /** Limits that hold twice of what was written, and are not below the defaults. */
  #limits(written: number): { advisedHardBytes: number; advisedSoftBytes: number } {
    const needed = roundSize(written * BUFFER_MARGIN);
    const { outputHardBytes, outputSoftBytes } = this.#thresholds;
    return {
      advisedHardBytes: Math.max(outputHardBytes, needed),
      advisedSoftBytes: Math.max(outputSoftBytes, needed),
    };
  }

  #reason(
    session: Session,
    stage: 'payload' | 'load',
    silentMs: number | null,
    sinceFork: number | null,
  ): AbortReason {
    const { payload, closedBy, link } = session;
    const timedOut = (silentMs ?? 0) >= this.#thresholds.replTimeoutMs - TIMER_SLACK_MS;
    if (closedBy === 'replica') {
      if (payload!.rdb?.checksum === 'invalid') return 'checksum';
      if (payload!.rdb?.error != null) return 'refused';
      if (stage === 'payload') return timedOut ? 'timeout' : 'unknown';
      return 'refused';
    }
    if (timedOut) return 'timeout';
    const together = this.#closedByMaster.get(link.master);
    if (together !== undefined && together.links.size > 1 && together.links.has(link)) return 'master-gone';
    return (sinceFork ?? 0) >= LEAST_BUFFER_BYTES ? 'output-buffer' : 'unknown';
  }
}

/** Where a full sync was cut off; null: it was not, or the capture cannot tell. */
function stageOf(session: Session, sync: Sync): 'payload' | 'load' | null {
  const { payload, loss } = session;
  if (payload === null || payload.form === null) return null;
  if (!payload.complete) return loss.gaps > 0 && payload.form === 'eof-mark' ? null : 'payload';
  // An ACK may be missing in the capture; the second connection of a sync and a dump client send none.
  const isTool = session.handshake.listeningPort === null;
  if (
    payload.loadedAt !== null ||
    isTool ||
    session.channel === 'rdb' ||
    isDumpClient(session) ||
    loss.gaps > 0
  )
    return null;
  if (session.acks.count > 0) return null;
  if (sync.decision === 'FULLRESYNC') return sync.cause === 'rdb-only' ? null : 'load';
  const leftAtOnce =
    session.closedBy === 'replica' &&
    payload.finishedAt !== null &&
    session.closedAt! - payload.finishedAt < LEAVES_AT_ONCE_US;
  return leftAtOnce ? 'load' : null;
}

import { mainSessionOf } from '../../replication/channels.js';
import type { Session, Sync } from '../../replication/model.js';
import { HistoryEnds } from './history-ends.js';
import { MasterClosings } from './master-closings.js';
import { type Found, type LinkEvent, packetList, type Report, type Rule } from './rule.js';
import { fullSyncOf, isDumpClient, LEAVES_AT_ONCE_US, msBetween, TIMER_SLACK_MS } from './sessions.js';
import { LEAST_BUFFER_BYTES, outputLimits, settingsWord } from './sizing.js';
import type { Thresholds } from './thresholds.js';
import { bytesIn, expectedMs, type Written, writtenSince } from './written.js';

/** Why a transfer was probably cut off. */
export type AbortReason =
  | 'output-buffer'
  | 'timeout'
  | 'checksum'
  | 'refused'
  | 'master-gone'
  /** The master went on, and its snapshot did not: the child that writes it to the replicas ended. */
  | 'snapshot-ended'
  /** Of two connections the master closed the one with the stream first. */
  | 'main-closed'
  | 'unknown';

/** What the master was seen to do afterwards: grant the same history, or another one. */
type Afterwards = 'went-on' | 'began-anew' | null;

/** How long what was written since the fork is waited for: the replica's next request tells it. µs */
const PATIENCE_US = 30_000_000;

/** Aborts that wait for it. */
const MAX_WAITING = 100;

interface Waiting {
  session: Session;
  sync: Sync;
  stage: 'payload' | 'load';
  packet: number;
  afterwards: Afterwards;
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
  readonly #ends = new HistoryEnds();
  readonly #closings = new MasterClosings();
  /** When the replica last said that it is loading. */
  readonly #newlines = new WeakMap<Session, number>();

  constructor(report: Report, thresholds: Thresholds) {
    this.#report = report;
    this.#thresholds = thresholds;
  }

  event(event: LinkEvent): void {
    const { session } = event;
    this.#ends.event(event);
    this.#closings.event(event);
    switch (event.event) {
      case 'stream.keepalive':
        if (event.from === 'replica') this.#newlines.set(session, event.time);
        return;
      case 'sync.decided':
        this.#decided(event.sync, session);
        return;
      case 'connection.closed':
        this.#closed(session, event.packet);
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

  #closed(session: Session, packet: number): void {
    const sync = fullSyncOf(session);
    const stage = sync === null ? null : stageOf(session, sync);
    if (sync === null || stage === null) return;
    const waiting: Waiting = { session, sync, stage, packet, afterwards: null };
    if (session.closedBy === 'master' && this.#waiting.length < MAX_WAITING) this.#waiting.push(waiting);
    else this.#tell(waiting);
  }

  /** Whatever a master grants next, to whomever, tells whether its process and its history went on. */
  #decided({ grantedReplid }: Sync, { link }: Session): void {
    if (grantedReplid === null || this.#waiting.length === 0) return;
    this.#settle((waiting) => {
      if (waiting.session.link.master !== link.master || waiting.sync.grantedReplid === null) return false;
      waiting.afterwards = waiting.sync.grantedReplid === grantedReplid ? 'went-on' : 'began-anew';
      return true;
    });
  }

  #settle(isDue: (waiting: Waiting) => boolean): void {
    for (let i = this.#waiting.length - 1; i >= 0; i--)
      if (isDue(this.#waiting[i]!)) this.#tell(this.#waiting.splice(i, 1)[0]!);
  }

  #tell(waiting: Waiting): void {
    const { session, sync, stage, packet, afterwards } = waiting;
    const { payload, closedBy } = session;
    const spoke = Math.max(payload!.lastAt ?? 0, stage === 'load' ? (this.#newlines.get(session) ?? 0) : 0);
    const silentMs = msBetween(spoke === 0 ? sync.decidedAt : spoke, session.closedAt);
    const written = writtenSince(sync, this.#ends.of(sync.grantedReplid));
    const sinceForkMs = msBetween(sync.decidedAt, session.closedAt);
    const buffered = bytesIn(written, sinceForkMs);
    const reason = this.#reason(waiting, silentMs, buffered);
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
        afterwards,
        payloadBytes: payload!.bytes,
        declaredBytes: payload!.declaredBytes,
        transferMs: msBetween(payload!.startedAt, payload!.finishedAt ?? session.closedAt),
        silentMs,
        bytesSinceFork: written?.bytes ?? null,
        writtenOverMs: written?.ms ?? null,
        writeBytesPerSecond: written?.perSecond ?? null,
        sinceForkMs,
        checksum: payload!.rdb?.checksum ?? null,
        rdbVersion: payload!.rdb?.version ?? null,
        ...(reason === 'output-buffer' && {
          // The limit would have to be lower than the configured (or default) one.
          belowLimits: Number((buffered ?? 0) < this.#thresholds.outputSoftBytes),
          ...this.#limits(session, sync, written),
        }),
      },
    });
  }

  /**
   * What the buffer has to hold until the transfer is at its end, at the rate and the speed that were seen. Where it is not known how
   * long the whole would have taken (`syncMs` null), at least what was written.
   */
  #limits(session: Session, sync: Sync, written: Written | null): Found['evidence'] {
    const wholeMs = expectedMs(session, sync);
    const syncMs = wholeMs !== null && wholeMs > (written?.ms ?? 0) ? wholeMs : null;
    const neededBytes = bytesIn(written, syncMs) ?? written?.bytes ?? 0;
    return {
      settingsWord: settingsWord(session.link),
      syncMs,
      neededBytes,
      ...outputLimits(neededBytes, this.#thresholds),
    };
  }

  #reason(
    { session, stage, afterwards }: Waiting,
    silentMs: number | null,
    buffered: number | null,
  ): AbortReason {
    const { payload, closedBy, closedAt, link } = session;
    const timedOut = (silentMs ?? 0) >= this.#thresholds.replTimeoutMs - TIMER_SLACK_MS;
    const main = mainSessionOf(session);
    if (main?.closedBy === 'master' && main.closedAt! <= closedAt!) return 'main-closed';
    if (closedBy === 'replica') {
      if (payload!.rdb?.checksum === 'invalid') return 'checksum';
      if (payload!.rdb?.error != null) return 'refused';
      if (stage === 'payload') return timedOut ? 'timeout' : 'unknown';
      return 'refused';
    }
    if (timedOut) return 'timeout';
    if (afterwards === 'began-anew') return 'master-gone';
    if (afterwards === null && this.#closings.hasOthers(link)) return 'master-gone';
    if ((buffered ?? 0) >= LEAST_BUFFER_BYTES) return 'output-buffer';
    const ofChild = stage === 'payload' && payload!.form === 'eof-mark' && afterwards === 'went-on';
    return ofChild ? 'snapshot-ended' : 'unknown';
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

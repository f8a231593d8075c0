import { grantOf } from '../../replication/grants.js';
import type { Session, Sync } from '../../replication/model.js';
import { HistoryEnds } from './history-ends.js';
import { MasterClosings } from './master-closings.js';
import { type LinkEvent, packetList, type Report, type Rule } from './rule.js';
import { msBetween, TIMER_SLACK_MS } from './sessions.js';
import { LEAST_BUFFER_BYTES, outputLimits, settingsWord } from './sizing.js';
import type { Thresholds } from './thresholds.js';

/** How long the end of the master's stream is waited for: the replica's next request tells it. µs */
const PATIENCE_US = 30_000_000;

/** Connections that wait for it. */
const MAX_WAITING = 100;

interface Waiting {
  session: Session;
  sync: Sync;
  packet: number;
  /** Of the latest ACK: time (µs) and packet. */
  ack: LastAck | null;
}

interface LastAck {
  time: number;
  packet: number;
}

/**
 * A master closed an online connection inside a command. What it had not sent yet it threw away, as it does when a replica's output
 * buffer reaches client-output-buffer-limit (checkClientOutputBufferLimits, freeClientAsync): a connection that takes what it is
 * sent has nothing left to send when it is closed, and ends behind a whole command.
 */
export class OutputBufferLimit implements Rule {
  static readonly code = 'output-buffer-limit';
  readonly #report: Report;
  readonly #thresholds: Thresholds;
  readonly #ends = new HistoryEnds();
  readonly #closings = new MasterClosings();
  readonly #acks = new WeakMap<Session, LastAck>();
  readonly #waiting: Waiting[] = [];

  constructor(report: Report, thresholds: Thresholds) {
    this.#report = report;
    this.#thresholds = thresholds;
  }

  event(event: LinkEvent): void {
    const { session, time, packet } = event;
    this.#ends.event(event);
    this.#closings.event(event);
    if (event.event === 'ack') this.#acks.set(session, { time, packet });
    else if (event.event === 'connection.closed') this.#closed(session, packet);
    else if (event.event === 'sync.decided') {
      const { grantedReplid } = event.sync;
      this.#settle(({ sync }) => sync.grantedReplid === grantedReplid);
    }
  }

  tick(time: number): void {
    if (this.#waiting.length > 0) this.#settle(({ session }) => time - session.closedAt! > PATIENCE_US);
  }

  end(): void {
    this.#settle(() => true);
  }

  #closed(session: Session, packet: number): void {
    if (session.closedBy !== 'master' || session.phase !== 'online' || !session.stream.endsInside) return;
    const ack = this.#acks.get(session) ?? null;
    // A sync that never came to an ACK is `transfer-aborted`.
    if (ack === null && session.payload !== null) return;
    const silentMs = msBetween(ack?.time ?? null, session.closedAt) ?? 0;
    if (silentMs >= this.#thresholds.replTimeoutMs - TIMER_SLACK_MS) return;
    const sync = grantOf(session);
    if (sync === null) return;
    const waiting = { session, sync, packet, ack };
    if (this.#waiting.length < MAX_WAITING) this.#waiting.push(waiting);
    else this.#tell(waiting);
  }

  #settle(isDue: (waiting: Waiting) => boolean): void {
    for (let i = this.#waiting.length - 1; i >= 0; i--)
      if (isDue(this.#waiting[i]!)) this.#tell(this.#waiting.splice(i, 1)[0]!);
  }

  #tell({ session, sync, packet, ack }: Waiting): void {
    const { end, lastAck } = session.offsets;
    const reached = this.#ends.of(sync.grantedReplid);
    // Nothing proves that the master lived on, and had more; a master that stops closes all of them.
    if (reached === null || end === null || reached.offset - end < LEAST_BUFFER_BYTES) return;
    if (this.#closings.hasOthers(session.link)) return;
    const unsentBytes = reached.offset - end;
    this.#report({
      severity: 'warning',
      code: OutputBufferLimit.code,
      sessions: [session],
      time: session.closedAt!,
      packets: packetList(ack?.packet, packet),
      evidence: {
        sentOffset: end,
        lastAck,
        unsentBytes,
        unsentUntilMs: msBetween(session.closedAt, reached.time),
        silentMs: msBetween(ack?.time ?? null, session.closedAt),
        zeroWindowMs: session.loss.zeroWindowMs,
        settingsWord: settingsWord(session.link),
        ...outputLimits(unsentBytes, this.#thresholds),
      },
    });
  }
}

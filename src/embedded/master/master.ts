import type { Dataset } from '../data/dataset.js';
import { type Clock, SECOND } from '../net/clock.js';
import type { NodeSettings } from '../server/settings.js';
import type { ServerTraits } from '../server/style.js';
import { History, type IdSource } from './history.js';
import type { CloseCause, MasterLog } from './master-log.js';
import { makePayload, type Payload } from './payload.js';
import { decidePsync, type PsyncDecision, type PsyncRequest } from './psync-decision.js';
import { type Breach, overBuffer, type ReplicaLimits, timedOut } from './replica-limits.js';
import { type ReplicaPort, ReplicaSession, replicaName, type SessionState } from './replica-session.js';
import { ReplicationStream } from './replication-stream.js';
import { ChannelPairs, takesSecondChannel } from './second-channel.js';
import { SessionBook } from './session-book.js';
import { type SnapshotHost, Snapshots } from './snapshots.js';

/** What serving replicas needs of the node. */
export interface MasterHost {
  readonly clock: Clock;
  readonly settings: NodeSettings;
  readonly traits: ServerTraits;
  readonly dataset: Dataset;
  readonly ids: IdSource;
  readonly log: MasterLog;
  /** A fault of the payload; see Payload. */
  readonly tamper: ((bytes: Uint8Array) => Uint8Array) | null;
  /** It is a replica itself: its stream is its master's. */
  readonly isReplica: boolean;
  /** An ACK came: for those who wait for acknowledgements. */
  acknowledged(): void;
}

/** How long the backlog is kept for a main channel whose RDB connection was lost (Valkey 8), µs. */
const PIN_GRACE = 60 * SECOND;

/** The node as others' master: its history and stream, and the replicas attached. A replica that serves further ones has it too. */
export class Master implements SnapshotHost {
  readonly clock: Clock;
  readonly settings: NodeSettings;
  readonly log: MasterLog;
  readonly history: History;
  readonly stream: ReplicationStream;
  readonly sessions = new Set<ReplicaSession>();
  readonly #host: MasterHost;
  readonly #book: SessionBook;
  readonly #snapshots: Snapshots;
  readonly #pairs = new ChannelPairs();
  /** The database selected in the stream at the last fork. */
  #forkDb = 0;
  /** µs since when there is no replica, or the last time there was one. */
  #aloneSince: number;

  constructor(host: MasterHost) {
    this.#host = host;
    this.clock = host.clock;
    this.settings = host.settings;
    this.log = host.log;
    this.history = new History(host.ids);
    this.stream = new ReplicationStream(host.clock, this.history, host.settings, host.traits, (bytes) => {
      for (const session of [...this.sessions]) {
        session.feed(bytes);
        this.#enforce(session, overBuffer(session, this.#limits, this.clock.now()));
      }
    });
    this.#book = new SessionBook(host.clock, host.log, this.history);
    this.#snapshots = new Snapshots(this);
    this.#aloneSince = host.clock.now();
  }

  /** Serves PSYNC, or SYNC (request null), on a connection that is no replica yet. What else might refuse it has been checked. */
  sync(port: ReplicaPort, request: PsyncRequest | null): void {
    this.stream.flush();
    this.#book.asked(port, request);
    const name = replicaName(port);
    this.#say(`Replica ${name} asks for synchronization`);
    const { traits } = this.#host;
    const decision: PsyncDecision =
      request === null
        ? { kind: 'full', reason: 'asked-for', missing: null, log: [] }
        : decidePsync(request, this.history, this.stream.backlog, name, traits.replicationIds);
    const full = decision.kind === 'full';
    const second = full && request !== null && takesSecondChannel(port.announcement, this.settings, traits);
    this.#book.decided(port, decision, second);
    if (!full) this.#continue(port, request!.offset);
    else if (second) this.#offerSecondChannel(port);
    else {
      const state = port.announcement.rdbOnly ? 'rdb-wait' : 'wait-start';
      this.#snapshots.enqueue(this.#attach(port, state, request === null));
    }
  }

  /** A synchronization was refused with an error. */
  refuse(port: ReplicaPort, request: PsyncRequest | null, error: string): void {
    this.#book.asked(port, request);
    this.#book.refused(port, error);
    // Replies are written when the request has been dealt with, and nothing else waits with a request for a synchronization.
    this.#book.wrote(port, `-${error}`);
  }

  /** @returns the session on a connection; null when it is none. */
  sessionOf(clientId: number): ReplicaSession | null {
    for (const session of this.sessions) if (session.port.clientId === clientId) return session;
    return null;
  }

  /** REPLCONF ACK, with FACK or without (null). */
  acknowledged(session: ReplicaSession, offset: number, aofOffset: number | null): void {
    const at = this.clock.now();
    session.acknowledged(offset, aofOffset, at);
    this.log.add({ kind: 'ack', at, clientId: session.port.clientId, offset, aofOffset });
    this.#host.acknowledged();
  }

  /** The peer closed a connection. */
  lost(port: ReplicaPort, how: 'fin' | 'rst'): void {
    this.#book.closed(port.clientId, 'replica', how, 'peer-closed');
    const session = this.sessionOf(port.clientId);
    if (session === null) return;
    this.#say(`Connection with replica ${session.name} lost.`);
    this.#detach(session);
  }

  /** This end closes; what a replica has not taken is lost, except of a payload. */
  drop(session: ReplicaSession, cause: CloseCause): void {
    if (!this.sessions.has(session)) return;
    const how = cause !== 'payload-sent' && session.port.channel.unsent > 0 ? 'rst' : 'fin';
    this.#book.closed(session.port.clientId, 'master', how, cause);
    session.port.close(how);
    this.#detach(session);
  }

  dropAll(cause: CloseCause): void {
    this.stream.flush();
    for (const session of [...this.sessions]) this.drop(session, cause);
  }

  /** This process ends, and all connections with it. */
  ended(how: 'fin' | 'rst'): void {
    this.#book.endAll(how);
  }

  /** REPLICAOF NO ONE: a new id, the old one is the second from here on; replicas come back to learn of it. */
  promote(): void {
    this.stream.flush();
    if (this.#host.traits.replicationIds) this.history.shift();
    this.dropAll('history-changed');
    this.stream.forgetDatabase();
  }

  /** As a replica: another data set with its history has been loaded. */
  adopt(replid: string, offset: number): void {
    this.dropAll('history-changed');
    if (!this.#host.traits.replicationIds) return;
    this.stream.dropBacklog();
    this.history.adopt(replid, offset);
    this.stream.createBacklog();
  }

  /** As a replica: the master goes on with the history, maybe under a new id. */
  continued(replid: string | null): void {
    if (replid !== null && replid !== this.history.replid && this.#host.traits.replicationIds) {
      this.stream.flush();
      this.history.rename(replid);
      this.dropAll('history-changed');
    }
    this.stream.createBacklog();
  }

  /** Replicas that have acknowledged an offset. */
  acknowledgedBy(offset: number): number {
    let count = 0;
    for (const session of this.sessions) if (session.online && session.ackOffset >= offset) count++;
    return count;
  }

  /** Each second. @param top it is nobody's replica. */
  cron(top: boolean): void {
    const now = this.clock.now();
    for (const session of [...this.sessions]) {
      session.keepalive();
      const late = timedOut(session, this.#snapshots.stuckSince(session), this.#limits, now);
      this.#enforce(session, overBuffer(session, this.#limits, now) ?? late);
    }
    this.#snapshots.startPending();
    if (top) this.#checkBacklog(now);
  }

  mark(): string {
    return this.#host.ids.peek();
  }

  fork(filter: string | null): Payload {
    const { dataset, settings, traits, tamper } = this.#host;
    this.stream.flush();
    const source = { dataset, settings, traits, history: this.history, streamDb: this.stream.db, tamper };
    const payload = makePayload(source, this.clock.now(), filter);
    this.#forkDb = Math.max(this.stream.db, 0);
    // A replica's stream is its master's, byte for byte: no SELECT can be put into it.
    if (!this.#host.isReplica) this.stream.forgetDatabase();
    return payload;
  }

  forked(session: ReplicaSession): void {
    const { replid } = this.history;
    const offset = session.snapshotOffset;
    const { rdbChannel, mainClientId } = session.port.announcement;
    if (!session.prePsync) session.line(`+FULLRESYNC ${replid} ${offset}\r\n`);
    else if (rdbChannel) {
      session.line(`$ENDOFF:${offset} ${replid} ${this.#forkDb} ${session.port.clientId}\r\n`);
      this.stream.backlog?.pin();
    }
    const main = mainClientId === null ? null : this.sessionOf(mainClientId);
    if (main?.state !== 'wait-rdb-channel') return;
    main.beginStream(offset);
    main.state = 'beside-rdb';
    this.#pairs.pair(main, session);
  }

  payloadSent(session: ReplicaSession): void {
    this.#say(`RDB transfer completed, rdb only replica (${session.name}) should be disconnected asap`);
    this.drop(session, 'payload-sent');
  }

  /** Partial: the reply, what the backlog holds from there on, and then the stream as it comes. */
  #continue(port: ReplicaPort, offset: number): void {
    const { capabilities, rdbClientId } = port.announcement;
    const rdb = rdbClientId === null ? null : this.sessionOf(rdbClientId);
    const session = this.#attach(port, rdb === null ? 'online' : 'beside-rdb', false);
    if (rdb !== null) this.#pairs.pair(session, rdb);
    const id = capabilities.has('psync2') ? ` ${this.history.replid}` : '';
    session.line(`+CONTINUE${id}\r\n`);
    session.beginStream(offset - 1);
    session.feed(this.stream.backlog!.from(offset));
    if (rdb !== null) this.stream.backlog!.release();
  }

  #attach(port: ReplicaPort, state: SessionState, prePsync: boolean): ReplicaSession {
    const session = new ReplicaSession(port, this.#book.of(port), state, prePsync, this);
    this.sessions.add(session);
    if (this.stream.backlog !== null) return session;
    // Nothing that came before the first replica is held, so that it must not be asked for either.
    if (this.#host.traits.replicationIds && !this.#host.isReplica) this.history.renew();
    this.stream.createBacklog();
    const { replid, replid2 } = this.history;
    this.#say(`Replication backlog created, my new replication IDs are '${replid}' and '${replid2}'`);
    return session;
  }

  /** Valkey's main channel stays a client and asks again once the payload has begun; that of Redis is a replica from now on. */
  #offerSecondChannel(port: ReplicaPort): void {
    if (this.#host.traits.secondChannel === 'dual-channel') {
      const text = '+DUALCHANNELSYNC';
      this.#book.wrote(port, text);
      port.channel.write(Buffer.from(`${text}\r\n`));
      return;
    }
    const session = this.#attach(port, 'wait-rdb-channel', false);
    session.line(`+RDBCHANNELSYNC ${port.clientId}\r\n`);
  }

  #detach(session: ReplicaSession): void {
    session.end();
    this.sessions.delete(session);
    this.#snapshots.gone(session);
    this.#aloneSince = this.clock.now();
    const partner = this.#pairs.partner(session);
    this.#pairs.part(session);
    if (session.port.announcement.rdbChannel && partner === null) {
      this.clock.after(PIN_GRACE, () => this.stream.backlog?.release());
    }
    // Neither goes on without the other while the payload is under way.
    const payload = session.facts.payload ?? partner?.facts.payload;
    if (partner !== null && payload?.endedAt === null) this.drop(partner, 'other-channel-lost');
  }

  get #limits(): ReplicaLimits {
    const { outputLimit: output, timeout, backlogSize } = this.settings;
    return { output, timeout, outputFloor: this.#host.traits.bufferHoldsBacklog ? backlogSize : 0 };
  }

  #enforce(session: ReplicaSession, breach: Breach | null): void {
    if (breach === null) return;
    this.#say(breach.text);
    this.drop(session, breach.cause);
  }

  /** A master without replicas gives up its backlog, and its history with it. */
  #checkBacklog(now: number): void {
    const { backlogTtl } = this.settings;
    if (this.stream.backlog === null || this.sessions.size > 0 || backlogTtl === 0) return;
    if (now - this.#aloneSince <= backlogTtl) return;
    if (this.#host.traits.replicationIds) this.history.renew();
    this.stream.dropBacklog();
    this.#say(`Replication backlog freed after ${backlogTtl / SECOND} seconds without connected replicas.`);
  }

  #say(text: string): void {
    this.log.say(this.clock.now(), text);
  }
}

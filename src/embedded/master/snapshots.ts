import type { Clock, Timer } from '../net/clock.js';
import type { NodeSettings } from '../server/settings.js';
import type { MasterLog } from './master-log.js';
import type { Payload } from './payload.js';
import { PayloadSender } from './payload-sender.js';
import type { ReplicaSession } from './replica-session.js';

/** What snapshots need of the master they are made for. */
export interface SnapshotHost {
  readonly clock: Clock;
  readonly settings: NodeSettings;
  readonly log: MasterLog;
  readonly history: { readonly replid: string; readonly offset: number };
  /** The next mark, as a forked child would draw it. */
  mark(): string;
  /** Hands on the stream so far, makes the payload, and has the stream begin with a SELECT. */
  fork(filter: string | null): Payload;
  /** Tells a replica that its snapshot has begun: the line before the payload. */
  forked(session: ReplicaSession): void;
  /** A connection for the payload only has it. */
  payloadSent(session: ReplicaSession): void;
}

/** One fork: written to a file, or straight to the sockets. */
interface Run {
  readonly form: 'length' | 'mark';
  readonly sessions: Set<ReplicaSession>;
  readonly payload: Payload;
  readonly replid: string;
  readonly offset: number;
  timer: Timer | null;
  sender: PayloadSender | null;
}

/** Makes payloads and brings them to the replicas that wait: one fork at a time, shared where that is possible. */
export class Snapshots {
  readonly #host: SnapshotHost;
  #waiting: ReplicaSession[] = [];
  #run: Run | null = null;
  /** Files on their way, each to one replica. */
  readonly #files = new Map<ReplicaSession, PayloadSender>();

  constructor(host: SnapshotHost) {
    this.#host = host;
  }

  /** A replica needs a payload. It joins a file that is being written, or waits. */
  enqueue(session: ReplicaSession): void {
    const run = this.#run;
    const peer = run === null ? undefined : attachable(run, session);
    if (run !== null && peer !== undefined) {
      this.#join(run, session);
      session.copyHeld(peer);
      this.#say('Waiting for end of BGSAVE for SYNC');
      return;
    }
    this.#waiting.push(session);
    if (run?.form === 'mark') this.#say('Current BGSAVE has socket target. Waiting for next BGSAVE for SYNC');
    else if (run !== null) {
      this.#say("Can't attach the replica to the current BGSAVE. Waiting for next BGSAVE for SYNC");
    } else if (this.#delays(session)) this.#say('Delay next BGSAVE for diskless SYNC');
    else this.#start();
  }

  /** Each second, and when a fork has ended. */
  startPending(): void {
    const first = this.#waiting[0];
    if (first === undefined || this.#run !== null) return;
    const { disklessSync, disklessDelay } = this.#host.settings;
    if (!disklessSync || this.#host.clock.now() - first.since >= disklessDelay) this.#start();
  }

  /** A connection has closed. */
  gone(session: ReplicaSession): void {
    this.#waiting = this.#waiting.filter((each) => each !== session);
    this.#files.get(session)?.cancel();
    this.#files.delete(session);
    const run = this.#run;
    if (run === null || !run.sessions.delete(session)) return;
    run.sender?.drop(session.port.channel);
    if (run.form === 'length' || run.sessions.size > 0) return;
    this.#say('Diskless rdb transfer, last replica dropped, killing fork child.');
    run.timer?.cancel();
    this.#run = null;
    this.startPending();
  }

  /** µs since when a replica takes nothing of a payload that goes straight to it; null: it does, or gets none. */
  stuckSince(session: ReplicaSession): number | null {
    return this.#run?.sender?.stuckSince(session.port.channel) ?? null;
  }

  #delays(session: ReplicaSession): boolean {
    const { disklessSync, disklessDelay } = this.#host.settings;
    return disklessSync && disklessDelay > 0 && session.port.announcement.capabilities.has('eof');
  }

  /** Forks for the first that waits and all who can share with it. */
  #start(): void {
    const first = this.#waiting[0]!;
    const sharing = this.#waiting.filter((each) => requirements(each) === requirements(first));
    this.#waiting = this.#waiting.filter((each) => !sharing.includes(each));
    const { settings, history } = this.#host;
    const { filter } = first.port.announcement;
    const eof = sharing.every((each) => each.port.announcement.capabilities.has('eof'));
    const form = eof && (settings.disklessSync || filter !== null) ? 'mark' : 'length';
    this.#say(`Starting BGSAVE for SYNC with target: ${form === 'mark' ? 'replicas sockets' : 'disk'}`);
    const payload = this.#host.fork(filter);
    const { replid, offset } = history;
    const run: Run = { form, sessions: new Set(), payload, replid, offset, timer: null, sender: null };
    this.#run = run;
    for (const session of sharing) this.#join(run, session);
    run.timer = this.#host.clock.after(settings.snapshotTime, () => this.#saved(run));
  }

  #join(run: Run, session: ReplicaSession): void {
    run.sessions.add(session);
    const only = session.port.announcement.rdbOnly;
    if (run.form === 'mark') session.state = only ? 'rdb-direct' : 'send-direct';
    else session.state = only ? 'rdb-save' : 'wait-save';
    session.snapshotOffset = run.offset;
    if (!only) session.beginStream(run.offset);
    this.#host.forked(session);
  }

  #saved(run: Run): void {
    if (run.form === 'mark') {
      this.#sendDirect(run);
      return;
    }
    this.#say('Background saving terminated with success');
    this.#run = null;
    for (const session of run.sessions) this.#sendFile(run, session);
    this.startPending();
  }

  #sendFile(run: Run, session: ReplicaSession): void {
    session.state = session.state === 'rdb-save' ? 'rdb-file' : 'send-file';
    session.line(`$${run.payload.bytes.length}\r\n`);
    this.#began(run, session);
    const sender = this.#sender(run.payload.bytes, [session], () => {
      this.#files.delete(session);
      this.#ended(session);
      if (session.state === 'rdb-file') {
        this.#host.payloadSent(session);
        return;
      }
      session.state = 'online';
      session.heardAt = this.#host.clock.now();
      this.#say(`Synchronization with replica ${session.name} succeeded`);
      session.release();
    });
    this.#files.set(session, sender);
  }

  #sendDirect(run: Run): void {
    const mark = this.#host.mark();
    for (const session of run.sessions) {
      session.line(`$EOF:${mark}\r\n`);
      this.#began(run, session);
    }
    const bytes = Buffer.concat([run.payload.bytes, Buffer.from(mark, 'latin1')]);
    run.sender = this.#sender(bytes, [...run.sessions], () => {
      this.#run = null;
      for (const session of run.sessions) this.#sentDirect(session);
      this.startPending();
    });
  }

  #sentDirect(session: ReplicaSession): void {
    this.#ended(session);
    if (session.state === 'rdb-direct') {
      this.#host.payloadSent(session);
      return;
    }
    session.state = 'wait-ack';
    session.heardAt = this.#host.clock.now();
    this.#say(
      `Streamed RDB transfer with replica ${session.name} succeeded (socket). Waiting for REPLCONF ACK from replica to enable streaming`,
    );
  }

  #sender(bytes: Uint8Array, to: readonly ReplicaSession[], done: () => void): PayloadSender {
    const channels = to.map((session) => session.port.channel);
    return new PayloadSender(this.#host.clock, bytes, channels, this.#host.settings.payloadRate, done);
  }

  #began(run: Run, session: ReplicaSession): void {
    const { payload, form, replid, offset } = run;
    const startedAt = this.#host.clock.now();
    session.facts.payload = {
      form,
      replid,
      offset,
      bytes: payload.bytes.length,
      sha256: payload.sha256,
      keys: payload.keys,
      damaged: payload.damaged,
      startedAt,
      endedAt: null,
    };
    const { clientId } = session.port;
    this.#host.log.add({ kind: 'payload', at: startedAt, clientId, payload: session.facts.payload });
  }

  #ended(session: ReplicaSession): void {
    if (session.facts.payload !== null) session.facts.payload.endedAt = this.#host.clock.now();
  }

  #say(text: string): void {
    this.#host.log.say(this.#host.clock.now(), text);
  }
}

/** Those who ask for different payloads cannot share one. */
function requirements(session: ReplicaSession): string {
  const { filter, rdbChannel } = session.port.announcement;
  return `${rdbChannel} ${filter === null ? 'all' : `only ${filter}`}`;
}

/**
 * A replica whose file is being written and can serve a further one: it waits for the same, offers no capability the other lacks, and
 * its stream since the fork is held back. Undefined when there is none.
 */
function attachable(run: Run, session: ReplicaSession): ReplicaSession | undefined {
  if (run.form === 'mark') return undefined;
  const { capabilities } = session.port.announcement;
  return [...run.sessions].find(
    (each) =>
      each.state === 'wait-save' &&
      requirements(each) === requirements(session) &&
      [...each.port.announcement.capabilities].every((name) => capabilities.has(name)),
  );
}

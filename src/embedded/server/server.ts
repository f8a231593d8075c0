import { Dataset } from '../data/dataset.js';
import { IdSource } from '../master/history.js';
import { Master, type MasterHost } from '../master/master.js';
import type { MasterLog } from '../master/master-log.js';
import { type Clock, MILLISECOND, SECOND } from '../net/clock.js';
import type { Channel, Endpoint } from '../net/network.js';
import type { HistoryPoint, LinkState } from '../replica/host.js';
import type { ReplicaLink } from '../replica/replica-link.js';
import { Client, type ClientOutput } from './client.js';
import { Connection } from './connection.js';
import { userAtFirst } from './connection-commands.js';
import type { ServerContext } from './context.js';
import { Executor } from './executor.js';
import { Failover } from './failover.js';
import type { Process } from './process.js';
import { DEFAULT_USER, type NodeSettings } from './settings.js';
import { type ServerTraits, traitsOf } from './style.js';
import { type Standing, Upstream, type UpstreamHost } from './upstream.js';
import { Waits } from './waits.js';

/** The cron that looks after replicas, and the one that looks for keys past their time and at a failover. */
const CRON_PERIOD = SECOND;
const FAST_CRON_PERIOD = 100 * MILLISECOND;
/** Keys taken out in one round; the rest has to wait for the next, as it may in a server. */
const EXPIRED_AT_ONCE = 1000;

/** What a process of a server begins with. */
export interface ServerStart {
  readonly process: Process;
  readonly settings: NodeSettings;
  readonly random: () => number;
  readonly log: MasterLog;
  /** Its data, loaded from a file; null: none. */
  readonly dataset: Dataset | null;
  /** The history the file was made in; null: none, or the file does not say. */
  readonly standing: Standing;
  /** Whose replica it starts as. */
  readonly master: Endpoint | null;
  readonly tamper: () => ((bytes: Uint8Array) => Uint8Array) | null;
  readonly linkMade: (link: ReplicaLink) => void;
  readonly linkChanged: (state: LinkState) => void;
  readonly shutdown: () => void;
}

/** One process of a server, from its start to its end: data set, role, clients. */
export class Server implements ServerContext, MasterHost, UpstreamHost {
  readonly settings: NodeSettings;
  readonly traits: ServerTraits;
  readonly ids: IdSource;
  readonly runId: string;
  readonly startedAt: number;
  readonly log: MasterLog;
  readonly dataset: Dataset;
  readonly master: Master;
  readonly waits: Waits;
  readonly failover: Failover;
  readonly clients = new Map<number, Client>();
  readonly #start: ServerStart;
  readonly #executor: Executor;
  #upstream: Upstream | null = null;
  #nextClient = 1;
  #loading: boolean;
  #seconds = 0;

  constructor(start: ServerStart) {
    const { process, settings } = start;
    this.#start = start;
    this.settings = settings;
    this.traits = traitsOf(settings.style);
    this.log = start.log;
    this.ids = new IdSource(start.random);
    this.runId = this.ids.take();
    this.startedAt = process.now();
    this.dataset = start.dataset ?? new Dataset(settings.databases, start.random);
    this.master = new Master(this);
    this.waits = new Waits(process, this.master);
    this.failover = new Failover(this);
    this.#executor = new Executor(this);
    this.#loading = settings.startLoadTime > 0;
    this.#restore(start.standing.point);
    process.after(CRON_PERIOD, () => this.#cron());
    process.after(FAST_CRON_PERIOD, () => this.#fastCron());
    process.after(settings.startLoadTime, () => this.#loaded());
  }

  get endpoint(): Endpoint {
    return this.settings.endpoint;
  }

  get clock(): Clock {
    return this.#start.process;
  }

  get network(): Process {
    return this.#start.process;
  }

  get tamper(): ((bytes: Uint8Array) => Uint8Array) | null {
    return this.#start.tamper();
  }

  get loading(): boolean {
    return this.#loading;
  }

  get upstream(): Upstream | null {
    return this.#upstream;
  }

  get isReplica(): boolean {
    return this.#upstream !== null;
  }

  get failingOver(): boolean {
    return this.failover.inProgress;
  }

  get commandsProcessed(): number {
    return this.#executor.processed;
  }

  /** What a process that starts with this one's data can go on from. */
  get standing(): Standing {
    const { replid, offset } = this.master.history;
    const db = this.#upstream?.streamDb ?? Math.max(this.master.stream.db, 0);
    if (this.#upstream !== null) return { point: this.#upstream.resumable(), db };
    return { point: this.master.stream.backlog === null ? null : { replid, offset }, db };
  }

  /** A connection came in. */
  accept(channel: Channel): Connection {
    const id = this.#nextClient++;
    return new Connection(id, channel, (connection) => {
      const client = this.#client(id, userAtFirst(this.settings), connection, connection);
      this.clients.set(id, client);
      return {
        command: (command) => client.run(command),
        newline: () => this.master.sessionOf(id)?.newline(this.clock.now()),
        lost: (how) => {
          this.master.lost(connection, how);
          this.#gone(client);
        },
        closed: () => this.#gone(client),
        isReplica: () => this.master.sessionOf(id) !== null,
      };
    });
  }

  /** A client that may do everything, called from within the node. */
  inner(output: ClientOutput): Client {
    return this.#client(this.#nextClient++, DEFAULT_USER, null, output);
  }

  replicaOf(master: Endpoint | null): void {
    const before = this.#upstream;
    if (master === null) {
      this.#upstream = null;
      before?.link.stop('fin');
      if (before !== null) this.master.promote();
      return;
    }
    const standing = this.#standingForMaster(before);
    before?.link.stop('fin');
    // From 7.0 on a replica's replicas stay until its history turns out to change.
    if (!this.traits.keepsSubReplicas) this.master.dropAll('history-changed');
    this.#follow(master, standing);
    this.waits.abort();
  }

  acknowledged(): void {
    this.waits.check();
    this.failover.check();
  }

  linkChanged(state: LinkState): void {
    this.failover.linkChanged(state);
    this.#start.linkChanged(state);
  }

  shutdown(): void {
    this.#start.process.after(0, () => this.#start.shutdown());
  }

  /** The process is about to end. */
  ended(how: 'fin' | 'rst'): void {
    this.master.ended(how);
    this.#upstream?.link.stop(how);
    for (const client of this.clients.values()) client.close();
  }

  #client(id: number, user: string | null, port: Connection | null, output: ClientOutput): Client {
    return new Client(id, user, port, output, (client, command) => this.#executor.process(client, command));
  }

  #gone(client: Client): void {
    client.close();
    this.clients.delete(client.id);
    this.waits.gone(client);
  }

  /** A master that turns replica offers its own history (4.0+); a replica keeps the one it is in. */
  #standingForMaster(before: Upstream | null): Standing {
    if (!this.traits.replicationIds) return { point: null, db: 0 };
    if (before !== null) return { point: before.resumable(), db: before.streamDb };
    const { replid, offset } = this.master.history;
    return { point: { replid, offset }, db: 0 };
  }

  #follow(master: Endpoint, standing: Standing): void {
    this.#upstream = new Upstream(this, master, standing);
    this.#start.linkMade(this.#upstream.link);
    if (!this.#loading) this.#upstream.link.start();
  }

  /** Starts from a file that tells its history. */
  #restore(point: HistoryPoint | null): void {
    const { master, standing } = this.#start;
    if (master !== null) {
      if (point !== null) this.master.adopt(point.replid, point.offset);
      this.#follow(master, standing);
    } else if (point !== null && this.traits.restoresAsMaster) {
      this.master.history.restore(point.replid, point.offset);
      this.master.stream.createBacklog();
    }
  }

  #loaded(): void {
    if (!this.#loading) return;
    this.#loading = false;
    this.#upstream?.link.start();
  }

  #cron(): void {
    this.#start.process.after(CRON_PERIOD, () => this.#cron());
    this.#seconds++;
    const top = this.#upstream === null;
    const period = this.settings.pingPeriod / CRON_PERIOD;
    const due = Math.floor(this.#seconds / period) > Math.floor((this.#seconds - 1) / period);
    if (due && top && this.master.sessions.size > 0 && !this.failover.pausesWrites) this.master.stream.ping();
    this.master.cron(top);
  }

  #fastCron(): void {
    this.#start.process.after(FAST_CRON_PERIOD, () => this.#fastCron());
    this.failover.check();
    if (this.#upstream !== null || this.#loading || this.failover.pausesWrites) return;
    for (const { db, effect } of this.dataset.expire(this.clock.now(), EXPIRED_AT_ONCE)) {
      this.master.stream.write([{ db, command: effect }], false);
    }
  }
}

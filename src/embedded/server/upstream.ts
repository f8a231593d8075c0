import type { Dataset } from '../data/dataset.js';
import { RdbLoader } from '../data/rdb-loader.js';
import type { Command } from '../data/reply.js';
import type { Master } from '../master/master.js';
import type { Clock } from '../net/clock.js';
import type { Endpoint, Network } from '../net/network.js';
import type { HistoryPoint, LinkState, ReplicaHost, ReplicaSettings } from '../replica/host.js';
import { ReplicaLink } from '../replica/replica-link.js';
import type { NodeSettings } from './settings.js';
import { handshakeOf, type ServerTraits } from './style.js';

export interface UpstreamHost {
  readonly clock: Clock;
  readonly network: Network;
  readonly settings: NodeSettings;
  readonly traits: ServerTraits;
  /** Where the node listens. */
  readonly endpoint: Endpoint;
  readonly dataset: Dataset;
  readonly master: Master;
  /** A failover is under way that the handshake is to ask for. */
  readonly failingOver: boolean;
  linkChanged(state: LinkState): void;
}

/** What a node that becomes a replica can go on from. */
export interface Standing {
  readonly point: HistoryPoint | null;
  /** The database selected in the stream at that point. */
  readonly db: number;
}

/** Commands of the stream that change nothing in the data set. */
const STREAM_ONLY = new Set(['PING', 'REPLCONF', 'MULTI', 'EXEC']);

/** The node as another's replica: what its link brings goes into the data set, and on to its own replicas as it came. */
export class Upstream implements ReplicaHost {
  readonly clock: Clock;
  readonly network: Network;
  readonly address: string;
  readonly link: ReplicaLink;
  readonly #host: UpstreamHost;
  #db: number;
  /** How far the master's history is held; null: not at all. */
  #point: HistoryPoint | null;

  constructor(host: UpstreamHost, master: Endpoint, standing: Standing) {
    this.#host = host;
    this.clock = host.clock;
    this.network = host.network;
    this.address = host.endpoint.host;
    this.#db = standing.db;
    this.#point = standing.point;
    host.master.stream.selected(standing.db);
    this.link = new ReplicaLink(this, master);
  }

  /** As they are now: CONFIG SET tells in the next handshake. */
  get settings(): ReplicaSettings {
    return replicaSettings(this.#host);
  }

  get offset(): number {
    return this.#point?.offset ?? 0;
  }

  get failover(): boolean {
    return this.#host.failingOver;
  }

  /** The database selected in the master's stream. */
  get streamDb(): number {
    return this.#db;
  }

  resumable(): HistoryPoint | null {
    return this.#point;
  }

  load(payload: readonly Uint8Array[], point: HistoryPoint): string | null {
    const { dataset, master } = this.#host;
    this.#point = null;
    const loader = new RdbLoader(dataset);
    for (const part of payload) loader.write(part);
    const failure = loader.end();
    if (failure !== null) {
      dataset.clear();
      master.dropAll('history-changed');
      return failure;
    }
    this.#point = point;
    master.adopt(point.replid, point.offset);
    this.#select(Number(loader.aux.get('repl-stream-db') ?? '0'));
    return null;
  }

  continued(replid: string | null): void {
    this.#host.master.continued(replid);
    if (replid !== null) this.#point = { replid, offset: this.offset };
  }

  apply(command: Command, raw: Uint8Array): void {
    const { traits, master } = this.#host;
    const effects = this.#execute(command);
    const replid = this.#point?.replid ?? master.history.replid;
    this.#point = { replid, offset: this.offset + raw.length };
    if (traits.replicationIds) master.stream.append(raw);
    else master.stream.write(effects, false);
  }

  linkChanged(state: LinkState): void {
    this.#host.linkChanged(state);
  }

  #execute(command: Command): { db: number; command: Command }[] {
    const name = Buffer.from(command[0]!).toString('latin1').toUpperCase();
    if (name === 'SELECT') this.#select(Number(Buffer.from(command[1] ?? []).toString('latin1')));
    if (name === 'SELECT' || STREAM_ONLY.has(name)) return [];
    const context = { db: this.#db, now: this.clock.now(), replicated: true };
    const outcome = this.#host.dataset.call(command, context);
    return (outcome?.effects ?? []).map((effect) => ({ db: context.db, command: effect }));
  }

  /** A number that is no database here leaves things as they are, as a server's refused SELECT does. */
  #select(db: number): void {
    if (!Number.isInteger(db) || db < 0 || db >= this.#host.settings.databases) return;
    this.#db = db;
    if (this.#host.traits.replicationIds) this.#host.master.stream.selected(db);
  }
}

function replicaSettings({ settings, endpoint }: UpstreamHost): ReplicaSettings {
  return {
    style: handshakeOf(settings.style),
    listeningPort: settings.announcePort === 0 ? endpoint.port : settings.announcePort,
    announceAddress: settings.announceAddress,
    masterUser: settings.masterUser,
    masterAuth: settings.masterAuth,
    twoConnections: settings.twoConnections,
    ackPeriod: settings.ackPeriod,
    timeout: settings.timeout,
    loadTime: settings.loadTime,
  };
}

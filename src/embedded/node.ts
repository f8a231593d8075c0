import type { Command, Reply } from './data/reply.js';
import { MasterLog } from './master/master-log.js';
import type { Clock } from './net/clock.js';
import type { Endpoint, Listener, Network } from './net/network.js';
import type { LinkState } from './replica/host.js';
import type { ReplicaLink } from './replica/replica-link.js';
import { Process } from './server/process.js';
import { Server } from './server/server.js';
import { type NodeSettings, settingsFrom } from './server/settings.js';
import type { Standing } from './server/upstream.js';

export interface NodeOptions extends Partial<NodeSettings> {
  /** Where it listens; port 0: a free one, which `endpoint` then tells. */
  readonly endpoint: Endpoint;
  /** Whose replica it starts as, as by its configuration file. */
  readonly replicaOf?: Endpoint | null;
}

export interface NodeWorld {
  readonly clock: Clock;
  readonly network: Network;
  /** Seeded, 0 ≤ x < 1: ids. */
  readonly random: () => number;
}

/** What a restarted process finds on its disk. */
export interface Restart {
  /** The data set as it was when the process ended. */
  readonly keepData: boolean;
  /** The snapshot's repl-id and repl-offset, too; needs the data. */
  readonly keepHistory: boolean;
}

const NOTHING: Standing = { point: null, db: 0 };

/**
 * One small Redis: a place it listens at, a data set, a role. It can be started, stopped, frozen and restarted as a process, and told by
 * call() what a client would tell it.
 */
export class Node {
  /** Changes take effect at once, and stay when it is restarted. */
  readonly settings: NodeSettings;
  /** What it knows of itself as a master, through all its processes. */
  readonly log = new MasterLog();
  /** Its links as a replica, in order; each has a log of its own. */
  readonly links: ReplicaLink[] = [];
  /** A fault: what becomes of a payload's bytes on the way; null: nothing. */
  tamper: ((bytes: Uint8Array) => Uint8Array) | null = null;
  /** Told when its link as a replica changes. */
  onLink: ((state: LinkState) => void) | null = null;
  readonly #world: NodeWorld;
  #process: Process | null = null;
  #server: Server | null = null;
  #master: Endpoint | null;
  /** The last process, for what it left on disk. */
  #last: Server | null = null;

  constructor(options: NodeOptions, world: NodeWorld) {
    const { replicaOf, ...settings } = options;
    this.settings = settingsFrom(settings);
    this.#master = replicaOf ?? null;
    this.#world = world;
  }

  /** Where it listens; the real port once it has started. */
  get endpoint(): Endpoint {
    return this.settings.endpoint;
  }

  /** The running process. @throws Error when there is none. */
  get server(): Server {
    if (this.#server === null) throw new Error('the node is not running');
    return this.#server;
  }

  get running(): boolean {
    return this.#server !== null;
  }

  /** The link to its master; null when it is nobody's replica. */
  get link(): ReplicaLink | null {
    return this.#server?.upstream?.link ?? null;
  }

  /** As DEBUG DIGEST. */
  get digest(): string {
    return this.server.dataset.digest();
  }

  /** master_repl_offset: of the last byte of its stream, made or applied. */
  get offset(): number {
    return this.server.master.history.offset;
  }

  get replid(): string {
    return this.server.master.history.replid;
  }

  /** Starts it with an empty data set. @param ready is told the error when it cannot listen, else null. */
  start(ready: (error: Error | null) => void): void {
    this.#launch({ keepData: false, keepHistory: false }, ready);
  }

  /** Starts it again after stop(), in the role it had, with what its disk kept. */
  restart(kept: Restart, ready: (error: Error | null) => void): void {
    this.#launch(kept, ready);
  }

  /** The process ends: fin: it is told to, rst: the connections break. */
  stop(how: 'fin' | 'rst'): void {
    if (this.#server !== null) {
      this.#last = this.#server;
      this.#master = this.#server.upstream?.link.master ?? null;
      this.#server.ended(how);
    }
    this.#process?.kill(how);
    this.#server = null;
    this.#process = null;
  }

  /** Stopped in its tracks, as by SIGSTOP, until thaw(). */
  freeze(): void {
    this.#process?.freeze();
  }

  thaw(): void {
    this.#process?.thaw();
  }

  /**
   * Runs a command as a client would that may do everything; words are Latin-1 text.
   * @param later is told a reply that comes later: of WAIT, or of a write during a failover.
   * @returns the reply, or null when it comes later or not at all.
   */
  call(
    words: readonly (string | Uint8Array)[],
    db = 0,
    later: (reply: Reply) => void = () => {},
  ): Reply | null {
    if (this.#process?.frozen) throw new Error('the node is frozen');
    let returned = false;
    let now: Reply | null = null;
    const client = this.server.inner({
      reply: (reply) => {
        if (returned) later(reply);
        else now = reply;
      },
      flush: () => {},
      close: () => {},
      closeAfterReplies: () => {},
    });
    client.db = db;
    const command: Command = words.map((word) =>
      typeof word === 'string' ? Buffer.from(word, 'latin1') : word,
    );
    client.run(command);
    returned = true;
    return now;
  }

  replicaOf(master: Endpoint): void {
    this.server.replicaOf(master);
  }

  replicaOfNoOne(): void {
    this.server.replicaOf(null);
  }

  /** FAILOVER to a replica. @throws Error with the reply when it is refused. */
  failoverTo(target: Endpoint): void {
    const reply = this.call(['FAILOVER', 'TO', target.host, `${target.port}`]);
    if (reply?.kind === 'error') throw new Error(reply.text);
  }

  #launch({ keepData, keepHistory }: Restart, ready: (error: Error | null) => void): void {
    if (this.#server !== null) throw new Error('the node runs already');
    const { clock, network } = this.#world;
    const process = new Process(clock, network);
    this.#process = process;
    const told = (listener: Listener | Error): void => {
      if (listener instanceof Error) {
        this.#process = null;
        ready(listener);
        return;
      }
      this.settings.endpoint = listener.endpoint;
      this.#server = this.#makeServer(process, keepData, keepHistory);
      ready(null);
    };
    // Nobody connects before the listener is told of.
    process.listen(this.settings.endpoint, (channel) => this.server.accept(channel), told);
  }

  #makeServer(process: Process, keepData: boolean, keepHistory: boolean): Server {
    const last = keepData ? this.#last : null;
    return new Server({
      process,
      settings: this.settings,
      random: this.#world.random,
      log: this.log,
      dataset: last?.dataset ?? null,
      standing: last !== null && keepHistory ? last.standing : NOTHING,
      master: this.#master,
      tamper: () => this.tamper,
      linkMade: (link) => this.links.push(link),
      linkChanged: (state) => this.onLink?.(state),
      shutdown: () => this.stop('fin'),
    });
  }
}

import { SECOND } from '../net/clock.js';
import type { Endpoint, Network } from '../net/network.js';
import type { StageClock } from '../net/stage-clock.js';
import { Node } from '../node.js';
import type { NodeSettings } from '../server/settings.js';
import { Line } from './line.js';
import { bulkCommand, nextCommand, seedCommands } from './traffic.js';

export interface StageSurroundings {
  readonly clock: StageClock;
  readonly network: Network;
  /** 0 ≤ x < 1 */
  readonly random: () => number;
  /** Where server number n (from 0) lives. */
  readonly endpoint: (index: number) => Endpoint;
  /** Is told what happens on the stage, in the words of the scenario. */
  readonly narrate: (text: string) => void;
}

/** A server of a scenario. */
export interface Actor {
  readonly name: string;
  readonly node: Node;
  readonly line: Line;
}

export type ActorSettings = Partial<Omit<NodeSettings, 'endpoint'>>;

/** How often a condition is looked at, and how long it may take unless told, µs. */
const LOOK_EVERY = 5_000;
const PATIENCE = 60 * SECOND;

/** A machine as it might be: no wait for further replicas, 2 MB/s to each of them. */
const STAGE_SETTINGS: ActorSettings = { disklessDelay: 0, payloadRate: 2_000_000 };

/** What a scenario's script works with: servers, clients that write, time, and a cable cutter. */
export class Stage {
  readonly actors: Actor[] = [];
  readonly random: () => number;
  readonly #around: StageSurroundings;

  constructor(around: StageSurroundings) {
    this.#around = around;
    this.random = around.random;
  }

  /** Tells the audience. */
  say(text: string): void {
    this.#around.narrate(text);
  }

  sleep(seconds: number): Promise<void> {
    return this.#around.clock.sleep(seconds * SECOND);
  }

  /** Waits until the condition holds. @throws Error when it does not for so many seconds. */
  async until(what: string, condition: () => boolean, seconds = PATIENCE / SECOND): Promise<void> {
    const { clock } = this.#around;
    const limit = clock.now() + seconds * SECOND;
    while (!condition()) {
      if (clock.now() > limit) throw new Error(`waited in vain until ${what}`);
      await clock.sleep(LOOK_EVERY);
    }
  }

  /** Starts a server; with a master: as its replica by configuration, which holds nothing yet. */
  async server(name: string, settings: ActorSettings = {}, master?: Actor): Promise<Actor> {
    const { clock, network, random, endpoint } = this.#around;
    const line = new Line(clock, network);
    const replicaOf = master?.node.endpoint ?? null;
    const options = { ...STAGE_SETTINGS, ...settings, replicaOf, endpoint: endpoint(this.actors.length) };
    const node = new Node(options, { clock, network: line, random });
    const actor = { name, node, line };
    this.actors.push(actor);
    await this.start(actor);
    return actor;
  }

  start({ node }: Actor): Promise<void> {
    return this.#around.clock.promise((resolve, reject) => {
      node.start((error) => (error === null ? resolve() : reject(error)));
    });
  }

  /** REPLICAOF, and waits until the link stands. */
  async attach(replica: Actor, master: Actor): Promise<void> {
    this.point(replica, master);
    await this.online(replica);
  }

  /** REPLICAOF, and no more. */
  point(replica: Actor, master: Actor): void {
    replica.node.replicaOf(master.node.endpoint);
  }

  online(replica: Actor): Promise<void> {
    return this.until(`${replica.name} is online`, () => replica.node.link?.state === 'online');
  }

  /** Waits until the replica has applied all that its master has. */
  caughtUp(replica: Actor, master: Actor): Promise<void> {
    return this.until(`${replica.name} has caught up`, () => heldBy(replica) === master.node.offset);
  }

  /** Some keys of every type. */
  fill({ node }: Actor): void {
    for (const command of seedCommands(this.random)) node.call(command);
  }

  /** So many writes, spread evenly over so many seconds. */
  async write({ node }: Actor, count: number, seconds: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      node.call(nextCommand(this.random));
      await this.sleep(seconds / count);
    }
  }

  /** So many bytes of big values at once. */
  flood({ node }: Actor, bytes: number, valueBytes = 4096): void {
    for (let sent = 0; sent < bytes; sent += valueBytes) node.call(bulkCommand(this.random, valueBytes));
  }

  /** Cuts a server off from its master for so many seconds, and does not wait until its link stands again. */
  async cutOff({ line }: Actor, seconds: number, meanwhile?: () => Promise<void> | void): Promise<void> {
    line.cut();
    await meanwhile?.();
    await this.sleep(seconds);
    line.mend();
  }

  /** The end: all servers stop. */
  end(): void {
    for (const { node } of this.actors) node.stop('fin');
  }
}

/** Offset in the master's stream up to which a replica has applied it; before 4.0 its own stream is another. */
function heldBy({ node }: Actor): number {
  return node.server.upstream?.offset ?? node.offset;
}

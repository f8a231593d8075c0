import { MILLISECOND } from '../embedded/net/clock.js';
import { seededRandom } from '../embedded/net/seeded-random.js';
import type { PlayOptions } from '../embedded/scenarios/play.js';
import type { Scenario } from '../embedded/scenarios/scenario.js';
import type { Actor, Stage } from '../embedded/scenarios/stage.js';
import { bulkCommand, nextCommand } from '../embedded/scenarios/traffic.js';
import { bound, Dice, PASSWORD, randomSettings, STYLES } from './random-servers.js';

/** Stories of replication that nobody thought of: a seed draws the servers, the network and what happens to them. */

/** Pauses in seconds: from one that ends inside a handshake to one that outlasts a timeout. */
const PAUSES = [0, 0.00005, 0.0002, 0.0006, 0.003, 0.07, 0.3, 0.8, 1.2, 2.5];

const WILD_FACTS = 4000;

export interface RandomStory {
  readonly scenario: Scenario;
  readonly options: Pick<PlayOptions, 'live' | 'seed' | 'segmentBytes' | 'latency'>;
}

/** The same seed tells the same story; narrated are its actions, one a line. */
export function randomStory(seed: number): RandomStory {
  const dice = new Dice(seededRandom(seed * 7919 + 17));
  const ipv6 = dice.chance(0.1);
  return {
    options: {
      live: false,
      seed,
      segmentBytes: dice.one([1448, 1448, 1448, 536, 100, 17, 9000, 32_768]),
      latency: dice.one([0, 1, 50, 100, 100, 500, 5 * MILLISECOND, 80 * MILLISECOND]),
    },
    scenario: {
      name: `random-${seed}`,
      title: 'what a seed drew',
      ...(ipv6 && { ipv6 }),
      run: (stage) => new Story(stage, dice, ipv6).play(),
    },
  };
}

class Story {
  readonly #stage: Stage;
  readonly #dice: Dice;
  /** What addresses begin with that are announced, and are nobody's. */
  readonly #addresses: string;
  readonly #frozen = new Set<Actor>();
  readonly #actions: readonly (() => Promise<void> | void)[];

  constructor(stage: Stage, dice: Dice, ipv6: boolean) {
    this.#stage = stage;
    this.#addresses = ipv6 ? 'fd07::' : '192.0.2.';
    this.#dice = dice;
    const often = [() => this.#write(), () => this.#write(), () => this.#flood()];
    const links = [() => this.#cut(), () => this.#cut(), () => this.#point(), () => this.#kill()];
    const processes = [
      () => this.#freeze(),
      () => this.#restart(),
      () => this.#restart(),
      () => this.#stall(),
    ];
    const rare = [() => this.#promote(), () => this.#failover(), () => this.#wait(), () => this.#password()];
    const faults = [() => this.#tamper(), () => this.#miscount(), () => this.#limit()];
    this.#actions = [...often, ...often, ...links, ...processes, ...rare, ...faults];
  }

  async play(): Promise<void> {
    const { one, below, chance } = bound(this.#dice);
    const servers = 1 + below(4);
    const style = one(STYLES);
    for (let i = 0; i < servers; i++) {
      const settings = randomSettings(
        this.#dice,
        chance(0.8) ? style : one(STYLES),
        `${this.#addresses}${i + 7}`,
      );
      const { actors } = this.#stage;
      // Whoever comes first holds data before anybody asks for it.
      const master = i === 0 || chance(0.2) ? undefined : one(actors);
      const actor = await this.#stage.server(`server ${i}`, settings, master);
      this.#stage.say(`server ${i}: ${JSON.stringify(settings)}${master ? ` of ${master.name}` : ''}`);
      if (i === 0) this.#stage.fill(actor);
      if (i === 0 && chance(0.4)) this.#stage.flood(actor, below(120_000));
      await this.#pause();
    }
    const actions = 5 + below(21);
    for (let i = 0; i < actions && !this.#isWild; i++) {
      await one(this.#actions)();
      await this.#pause();
    }
    await this.#stage.sleep(below(4000) / 1000);
  }

  /** Some replica asks and is refused over and over, at once: the rest of the story would be no other. */
  get #isWild(): boolean {
    const links = this.#stage.actors.flatMap(({ node }) => node.links);
    return links.reduce((facts, { log }) => facts + log.facts.length, 0) > WILD_FACTS;
  }

  #pause(): Promise<void> {
    return this.#stage.sleep(this.#dice.one(PAUSES));
  }

  /** One that runs. */
  #any(): Actor | null {
    const able = this.#stage.actors.filter((actor) => actor.node.running && !this.#frozen.has(actor));
    return able.length === 0 ? null : this.#dice.one(able);
  }

  /** One that runs and takes writes; any that runs where there is none. */
  #master(): Actor | null {
    const masters = this.#stage.actors.filter(
      (actor) => actor.node.running && !this.#frozen.has(actor) && actor.node.link === null,
    );
    return masters.length === 0 ? this.#any() : this.#dice.one(masters);
  }

  async #write(): Promise<void> {
    const actor = this.#master();
    if (actor === null) return;
    const count = 1 + this.#dice.below(30);
    const pause = this.#dice.one([0, 0.001, 0.03, 0.1]);
    const db = this.#dice.chance(0.8) ? 0 : this.#dice.below(4);
    this.#say(`${count} writes to db ${db}, one each ${pause} s`, actor);
    for (let i = 0; i < count; i++) {
      actor.node.call(nextCommand(this.#stage.random), db);
      await this.#stage.sleep(pause);
    }
  }

  #flood(): void {
    const actor = this.#master();
    if (actor === null) return;
    const bytes = this.#dice.one([100, 5000, 40_000, 100_000, 400_000]);
    this.#say(`flood of ${bytes} bytes`, actor);
    for (let sent = 0; sent < bytes; sent += 20_000) {
      actor.node.call(bulkCommand(this.#stage.random, Math.min(20_000, bytes)));
    }
  }

  async #cut(): Promise<void> {
    const actor = this.#dice.one(this.#stage.actors);
    this.#say('cut off', actor);
    actor.line.cut();
    await this.#pause();
    if (this.#dice.chance(0.5)) await this.#write();
    this.#say('mended', actor);
    actor.line.mend();
  }

  #point(): void {
    const actor = this.#any();
    const master = this.#dice.one(this.#stage.actors);
    if (actor === null || master === actor) return;
    this.#say(`REPLICAOF ${master.name}`, actor);
    actor.node.call(['REPLICAOF', master.node.endpoint.host, `${master.node.endpoint.port}`]);
  }

  #promote(): void {
    const actor = this.#any();
    if (actor === null) return;
    this.#say('REPLICAOF NO ONE', actor);
    actor.node.call(['REPLICAOF', 'NO', 'ONE']);
  }

  #kill(): void {
    const actor = this.#any();
    if (actor === null) return;
    this.#say('CLIENT KILL TYPE', actor);
    actor.node.call(['CLIENT', 'KILL', 'TYPE', this.#dice.one(['replica', 'normal'])]);
  }

  async #freeze(): Promise<void> {
    const actor = this.#any();
    if (actor === null) return;
    this.#say('frozen', actor);
    actor.node.freeze();
    this.#frozen.add(actor);
    for (let i = this.#dice.below(3); i >= 0; i--) {
      await this.#pause();
      await this.#dice.one([() => this.#write(), () => this.#flood(), () => this.#kill()])();
    }
    this.#say('thawed', actor);
    actor.node.thaw();
    this.#frozen.delete(actor);
    // It catches up as soon as it can.
    await this.#stage.sleep(0.00001);
  }

  #stall(): void {
    const actor = this.#any();
    const on = this.#dice.chance(0.5);
    if (!actor?.node.link) return;
    this.#say(on ? 'stalls' : 'goes on', actor);
    actor.node.link.stall(on);
  }

  async #restart(): Promise<void> {
    const actor = this.#any();
    if (actor === null) return;
    const how = this.#dice.one(['fin', 'rst'] as const);
    const keepData = this.#dice.chance(0.6);
    const keepHistory = keepData && this.#dice.chance(0.7);
    this.#say(`ends by ${how}`, actor);
    actor.node.stop(how);
    await this.#pause();
    this.#say(
      `begins, ${keepData ? 'with' : 'without'} data, ${keepHistory ? 'with' : 'without'} history`,
      actor,
    );
    let hasBegun = false;
    actor.node.restart({ keepData, keepHistory }, () => {
      hasBegun = true;
    });
    await this.#stage.until('it has begun', () => hasBegun);
  }

  #failover(): void {
    const actor = this.#master();
    if (actor === null) return;
    this.#say('FAILOVER', actor);
    actor.node.call(['FAILOVER', 'TIMEOUT', '3000']);
  }

  #wait(): void {
    const actor = this.#master();
    if (actor === null) return;
    this.#say('WAIT 1 300', actor);
    actor.node.call(nextCommand(this.#stage.random));
    actor.node.call(['WAIT', '1', '300']);
  }

  async #password(): Promise<void> {
    const actor = this.#any();
    if (actor === null) return;
    this.#say('requires a password for a while', actor);
    // Who has none asks without end, as fast as the network lets it: not what logs are to be filled with.
    for (const each of this.#stage.actors) each.node.settings.masterAuth ??= 'wrong';
    actor.node.settings.password = PASSWORD;
    if (this.#dice.chance(0.7)) actor.node.call(['CLIENT', 'KILL', 'TYPE', 'replica']);
    await this.#pause();
    for (const each of this.#stage.actors) {
      if (this.#dice.chance(0.5)) each.node.settings.masterAuth = this.#dice.one([PASSWORD, 'wrong']);
    }
    await this.#pause();
    actor.node.settings.password = null;
    for (const each of this.#stage.actors) if (this.#dice.chance(0.8)) each.node.settings.masterAuth = null;
  }

  #tamper(): void {
    const actor = this.#dice.one(this.#stage.actors);
    const on = this.#dice.chance(0.6);
    this.#say(on ? 'damages payloads' : 'leaves payloads as they are', actor);
    actor.node.tamper = on ? (bytes) => damaged(bytes, this.#dice) : null;
  }

  #miscount(): void {
    const actor = this.#any();
    if (!actor?.node.link) return;
    actor.node.link.offsetError = this.#dice.one([0, 0, -7, 3, 5000]);
    this.#say(`miscounts by ${actor.node.link.offsetError}`, actor);
  }

  #limit(): void {
    const actor = this.#any();
    if (actor === null) return;
    const hard = this.#dice.one([2048, 30_000, 10_000_000]);
    this.#say(`output limit ${hard}`, actor);
    actor.node.settings.outputLimit = { hard, soft: 0, softTime: 0 };
  }

  #say(text: string, actor: Actor): void {
    this.#stage.say(`${actor.name}: ${text}`);
  }
}

/** One bit behind the header is another one. */
function damaged(bytes: Uint8Array, dice: Dice): Uint8Array {
  const changed = bytes.slice();
  const at = 9 + dice.below(changed.length - 9);
  changed[at] = changed[at]! ^ (1 << dice.below(8));
  return changed;
}

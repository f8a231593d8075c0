import type { Clock, Timer } from './clock.js';
import { SECOND } from './clock.js';
import type { WireItem } from './wire.js';

export interface PathSettings {
  /** µs from one host to the other. */
  latency: number;
  /** Bytes per second that each connection gets through; Infinity: no bound. */
  bandwidth: number;
}

/** The way from one host to another: how long it takes, and whether it is cut. */
export class SimulatedPath {
  settings: PathSettings;
  readonly #clock: Clock;
  #isCut = false;
  /** Set while the path has just been healed and what waits is under way again. */
  #release: Timer | null = null;
  readonly #waiting = new Set<SimulatedPipe>();

  constructor(clock: Clock, settings: PathSettings) {
    this.#clock = clock;
    this.settings = settings;
  }

  /** Nothing arrives: neither what is on its way now nor what is sent later. */
  get isStalled(): boolean {
    return this.#isCut || this.#release !== null;
  }

  cut(): void {
    this.#isCut = true;
    this.#release?.cancel();
    this.#release = null;
  }

  /** What waited is sent anew and arrives after the latency. */
  heal(): void {
    if (!this.#isCut) return;
    this.#isCut = false;
    this.#release = this.#clock.after(this.settings.latency, () => {
      this.#release = null;
      const waiting = [...this.#waiting];
      this.#waiting.clear();
      for (const pipe of waiting) pipe.release();
    });
  }

  hold(pipe: SimulatedPipe): void {
    this.#waiting.add(pipe);
  }
}

/** One direction of one connection: what is put in comes out in the same order, when the path lets it. */
export class SimulatedPipe {
  readonly #clock: Clock;
  readonly #path: SimulatedPath;
  readonly #arrive: (item: WireItem) => void;
  readonly #items: WireItem[] = [];
  /** Items that should have arrived while the path was cut. */
  #missed = 0;
  /** When the sender's line is free again, and when the latest item arrives (µs): a path that becomes faster reorders nothing. */
  #freeAt = 0;
  #latestArrival = 0;

  constructor(clock: Clock, path: SimulatedPath, arrive: (item: WireItem) => void) {
    this.#clock = clock;
    this.#path = path;
    this.#arrive = arrive;
  }

  send(item: WireItem): void {
    const { latency, bandwidth } = this.#path.settings;
    const now = this.#clock.now();
    this.#freeAt = Math.max(now, this.#freeAt) + (item.bytes.length * SECOND) / bandwidth;
    this.#latestArrival = Math.max(this.#latestArrival, Math.ceil(this.#freeAt) + latency);
    this.#items.push(item);
    this.#clock.after(this.#latestArrival - now, () => this.#due());
  }

  /** Lets arrive what was held while the path was cut. */
  release(): void {
    const count = this.#missed;
    this.#missed = 0;
    for (let i = 0; i < count; i++) this.#due();
  }

  /** Some item is due: the oldest, whichever that is by now. */
  #due(): void {
    if (this.#path.isStalled) {
      this.#missed++;
      this.#path.hold(this);
      return;
    }
    const item = this.#items.shift();
    if (item !== undefined) this.#arrive(item);
  }
}

import type { Timer } from '../net/clock.js';
import type { Endpoint } from '../net/network.js';
import type { Faults, LinkContext } from './context.js';
import { Gate } from './gate.js';
import { HABITS, type Habits } from './habits.js';
import type { LinkState, ReplicaHost } from './host.js';
import { CRON_PERIOD, RECONNECT_TIME } from './limits.js';
import { LinkMemory } from './link-memory.js';
import { ReplicaLog } from './replica-log.js';
import { type Ending, Session } from './session.js';

/**
 * A replica's side of the link to its master: connects, shakes hands, loads, applies the stream, acknowledges, and connects anew
 * whenever a connection is lost, as the servers of the host's style do it. One link is one REPLICAOF: for another master, stop this one
 * and make another.
 */
export class ReplicaLink {
  readonly master: Endpoint;
  readonly log: ReplicaLog;
  readonly #host: ReplicaHost;
  readonly #habits: Habits;
  readonly #gate: Gate;
  readonly #memory: LinkMemory;
  readonly #context: LinkContext;
  #state: LinkState = 'down';
  #session: Session | null = null;
  #timers: { [name in 'cron' | 'acks' | 'connect']?: Timer } = {};
  #life: 'new' | 'running' | 'over' = 'new';
  #faults: Faults = { frozen: false, stalled: false };
  #lastHeard = 0;

  constructor(host: ReplicaHost, master: Endpoint) {
    this.#host = host;
    this.master = master;
    this.#habits = HABITS[host.settings.style];
    this.log = new ReplicaLog(() => host.clock.now());
    this.#gate = new Gate(host.clock);
    this.#memory = new LinkMemory(host, this.#habits, {
      apply: (command, raw) => host.apply(command, raw),
      acknowledge: () => this.#session?.acknowledge(),
      broken: (reason) => this.#broken(reason),
    });
    this.#context = {
      host,
      master,
      habits: this.#habits,
      log: this.log,
      gate: this.#gate,
      memory: this.#memory,
      setState: (state) => this.#setState(state),
      heard: () => {
        this.#lastHeard = host.clock.now();
      },
    };
  }

  get state(): LinkState {
    return this.#state;
  }

  /** Time of the last byte from the master, or of the last attempt to connect (µs); 0 before the first. */
  get lastHeard(): number {
    return this.#lastHeard;
  }

  /** A hidden fault, a replica that miscounts: bytes added to every offset it asks for and acknowledges. */
  get offsetError(): number {
    return this.#memory.offsetError;
  }

  set offsetError(bytes: number) {
    this.#memory.offsetError = bytes;
  }

  /** REPLICAOF was given: since 6.2 a server connects at once, before with the next tick of its cron. */
  start(): void {
    if (this.#life !== 'new') return;
    this.#life = 'running';
    this.#timers.cron = this.#gate.later(CRON_PERIOD, () => this.#tick());
    this.#timers.acks = this.#gate.later(this.#host.settings.ackPeriod, () => this.#acknowledge());
    if (this.#habits.reconnectsAtOnce) this.#connect();
  }

  /** Ends the link for good, it cannot be started again: REPLICAOF NO ONE, or (rst) the process was killed. */
  stop(how: 'fin' | 'rst'): void {
    if (this.#life !== 'running') return;
    this.#life = 'over';
    for (const timer of Object.values(this.#timers)) timer.cancel();
    this.#memory.stop();
    this.#session?.close(how, 'stopped');
    this.#session = null;
    this.#setState('down');
  }

  /**
   * The process is frozen, until resumeReading(): nothing is read and no timer runs, while its kernel goes on acknowledging. A hidden
   * fault.
   */
  pauseReading(): void {
    this.#gate.freeze();
    this.#setFaults({ ...this.#faults, frozen: true });
  }

  resumeReading(): void {
    this.#gate.thaw();
    this.#setFaults({ ...this.#faults, frozen: false });
  }

  /** While on, the stream is read and not applied: ACKs go on with an old offset. A hidden fault. */
  stall(on: boolean): void {
    this.#setFaults({ ...this.#faults, stalled: on });
  }

  #setFaults(faults: Faults): void {
    this.#faults = faults;
    this.#session?.setFaults(faults);
  }

  /** The replication cron: once a second. */
  #tick(): void {
    this.#timers.cron = this.#gate.later(CRON_PERIOD, () => this.#tick());
    const silent = this.#host.clock.now() - this.#lastHeard > this.#host.settings.timeout;
    if (this.#session === null) this.#connect();
    else if (silent && this.#session.canTimeOut) this.#session.fail('lost', 'timeout');
  }

  #acknowledge(): void {
    this.#timers.acks = this.#gate.later(this.#host.settings.ackPeriod, () => this.#acknowledge());
    if (this.#session?.acknowledges) this.#session.acknowledge();
  }

  #connect(): void {
    if (this.#life !== 'running' || this.#session !== null) return;
    this.#lastHeard = this.#host.clock.now();
    this.#session = new Session(this.#context, this.#faults, (how) => this.#ended(how));
    this.#setState('connecting');
  }

  #ended(how: Ending): void {
    this.#session = null;
    if (how === 'lost' && this.#habits.reconnectsAtOnce)
      this.#timers.connect = this.#gate.later(RECONNECT_TIME, () => this.#connect());
    this.#setState('down');
  }

  /** Replicas do not continue a stream that they could not read. */
  #broken(reason: string): void {
    this.#memory.forget();
    this.#session?.fail('lost', reason);
  }

  #setState(state: LinkState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#host.linkChanged(state);
  }
}

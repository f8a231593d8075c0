import { error, integer } from '../data/encode-reply.js';
import type { Master } from '../master/master.js';
import { type Clock, MILLISECOND, type Timer } from '../net/clock.js';
import type { Client } from './client.js';

const ROLE_CHANGED =
  'UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)';

interface Waiting {
  readonly client: Client;
  readonly offset: number;
  readonly replicas: number;
  readonly timer: Timer | null;
}

/** Clients in WAIT: until so many replicas have acknowledged what the client wrote, or the time is over. */
export class Waits {
  readonly #clock: Clock;
  readonly #master: Master;
  #waiting: Waiting[] = [];

  constructor(clock: Clock, master: Master) {
    this.#clock = clock;
    this.#master = master;
  }

  /** @param timeout ms; 0: without end. */
  add(client: Client, replicas: number, timeout: number): void {
    const late = (): void => this.#finish((each) => each === waiting);
    const timer = timeout === 0 ? null : this.#clock.after(timeout * MILLISECOND, late);
    const waiting: Waiting = { client, offset: client.writeOffset, replicas, timer };
    this.#waiting.push(waiting);
    this.#master.stream.requestAcks();
  }

  /** An ACK came. */
  check(): void {
    this.#finish(({ offset, replicas }) => this.#master.acknowledgedBy(offset) >= replicas);
  }

  /** The node has become a replica: nobody will acknowledge to it what it wrote. */
  abort(): void {
    for (const { client } of this.#take(() => true)) client.answer(error(ROLE_CHANGED));
  }

  gone(client: Client): void {
    this.#take((each) => each.client === client);
  }

  #finish(over: (waiting: Waiting) => boolean): void {
    for (const { client, offset } of this.#take(over))
      client.answer(integer(this.#master.acknowledgedBy(offset)));
  }

  #take(over: (waiting: Waiting) => boolean): Waiting[] {
    const taken = this.#waiting.filter(over);
    this.#waiting = this.#waiting.filter((each) => !taken.includes(each));
    for (const { timer } of taken) timer?.cancel();
    return taken;
  }
}

import type { Clock, Timer } from '../net/clock.js';
import type { Channel, ChannelHandler, CloseReason, Endpoint, Listener, Network } from '../net/network.js';

/**
 * What an operating system does for a server: its timers and its sockets all belong to one process, which can be frozen and killed.
 * While it is frozen nothing runs and nothing is read, and the kernel goes on acknowledging; what fell due runs when it thaws.
 */
export class Process implements Clock, Network {
  readonly #clock: Clock;
  readonly #network: Network;
  readonly #channels = new Set<ProcessChannel>();
  readonly #listeners = new Set<Listener>();
  #state: 'running' | 'frozen' | 'thawing' | 'dead' = 'running';
  /** What has come while it was not running, in order. */
  #deferred: (() => void)[] = [];

  constructor(clock: Clock, network: Network) {
    this.#clock = clock;
    this.#network = network;
  }

  get alive(): boolean {
    return this.#state !== 'dead';
  }

  get frozen(): boolean {
    return this.#state === 'frozen';
  }

  now(): number {
    return this.#clock.now();
  }

  after(delay: number, run: () => void): Timer {
    let cancelled = false;
    const timer = this.#clock.after(delay, () =>
      this.#run(() => {
        if (!cancelled) run();
      }),
    );
    return {
      cancel: () => {
        cancelled = true;
        timer.cancel();
      },
    };
  }

  listen(
    endpoint: Endpoint,
    accept: (channel: Channel) => ChannelHandler,
    listening: (listener: Listener | Error) => void,
  ): void {
    this.#network.listen(
      endpoint,
      (channel) => {
        const mine = this.#own(channel);
        return this.#handler(mine, accept(mine));
      },
      (listener) => {
        if (!(listener instanceof Error)) {
          if (this.alive) this.#listeners.add(listener);
          else listener.close();
        }
        this.#run(() => listening(listener));
      },
    );
  }

  connect(from: string, to: Endpoint, handler: ChannelHandler): Channel {
    let mine: ProcessChannel | null = null;
    const relay: ChannelHandler = {
      opened: () => this.#run(() => mine !== null && handler.opened(mine)),
      data: (bytes) => this.#data(bytes, handler),
      closed: (reason) => this.#closed(mine, reason, handler),
    };
    mine = this.#own(this.#network.connect(from, to, relay));
    return mine;
  }

  /** As SIGSTOP does. */
  freeze(): void {
    if (this.#state !== 'running' && this.#state !== 'thawing') return;
    this.#state = 'frozen';
    for (const channel of this.#channels) channel.freeze(true);
  }

  /** As SIGCONT does. */
  thaw(): void {
    if (this.#state !== 'frozen') return;
    this.#state = 'thawing';
    this.#clock.after(0, () => this.#catchUp());
  }

  /** Ends all connections and timers; nothing of this process runs any more. */
  kill(how: 'fin' | 'rst'): void {
    this.#state = 'dead';
    this.#deferred = [];
    for (const listener of this.#listeners) listener.close();
    for (const channel of [...this.#channels]) {
      if (how === 'fin') channel.end();
      else channel.reset();
    }
  }

  #catchUp(): void {
    // Frozen again, or killed, in the meantime: then not now, or never.
    while (this.#state === 'thawing') {
      const next = this.#deferred.shift();
      if (next === undefined) {
        this.#state = 'running';
        for (const channel of this.#channels) channel.freeze(false);
      } else next();
    }
  }

  #run(what: () => void): void {
    if (this.#state === 'running') what();
    else if (this.#state !== 'dead') this.#deferred.push(what);
  }

  #own(channel: Channel): ProcessChannel {
    const mine = new ProcessChannel(channel, () => this.#channels.delete(mine));
    this.#channels.add(mine);
    if (this.#state === 'frozen' || this.#state === 'thawing') mine.freeze(true);
    return mine;
  }

  #handler(channel: ProcessChannel, handler: ChannelHandler): ChannelHandler {
    return {
      opened: () => this.#run(() => handler.opened(channel)),
      data: (bytes) => this.#data(bytes, handler),
      closed: (reason) => this.#closed(channel, reason, handler),
    };
  }

  #data(bytes: Uint8Array, handler: ChannelHandler): void {
    if (this.#state === 'running') handler.data(bytes);
    else {
      const copy = Uint8Array.from(bytes);
      this.#run(() => handler.data(copy));
    }
  }

  #closed(channel: ProcessChannel | null, reason: CloseReason, handler: ChannelHandler): void {
    if (channel !== null) this.#channels.delete(channel);
    this.#run(() => handler.closed(reason));
  }
}

/** A channel that its process can freeze, whether its owner reads or not. */
class ProcessChannel implements Channel {
  readonly #channel: Channel;
  readonly #gone: () => void;
  #ownerPaused = false;
  #frozen = false;

  constructor(channel: Channel, gone: () => void) {
    this.#channel = channel;
    this.#gone = gone;
  }

  get local(): Endpoint {
    return this.#channel.local;
  }

  get remote(): Endpoint {
    return this.#channel.remote;
  }

  get unsent(): number {
    return this.#channel.unsent;
  }

  get written(): number {
    return this.#channel.written;
  }

  write(bytes: Uint8Array): void {
    this.#channel.write(bytes);
  }

  end(): void {
    this.#gone();
    this.#channel.end();
  }

  reset(): void {
    this.#gone();
    this.#channel.reset();
  }

  pause(): void {
    this.#ownerPaused = true;
    this.#channel.pause();
  }

  resume(): void {
    this.#ownerPaused = false;
    if (!this.#frozen) this.#channel.resume();
  }

  freeze(on: boolean): void {
    this.#frozen = on;
    if (on) this.#channel.pause();
    else if (!this.#ownerPaused) this.#channel.resume();
  }
}

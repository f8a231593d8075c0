import type { Clock } from '../net/clock.js';
import type { Channel, ChannelHandler, Endpoint, Listener, Network } from '../net/network.js';

/**
 * A server's network, of which a scenario can cut the way to its master: what it has connected is reset, and connects fail until it is
 * mended; who has connected to it stays. TCP takes a quarter of an hour to give up on a pulled cable; a firewall that rejects is as
 * good for a story, and quicker.
 */
export class Line implements Network {
  readonly #clock: Clock;
  readonly #network: Network;
  /** Connections that stand, and how their owners are told that they do not any more. */
  readonly #open = new Map<Channel, ChannelHandler>();
  #isCut = false;

  constructor(clock: Clock, network: Network) {
    this.#clock = clock;
    this.#network = network;
  }

  cut(): void {
    this.#isCut = true;
    for (const [channel, handler] of [...this.#open]) {
      channel.reset();
      this.#open.delete(channel);
      this.#clock.after(0, () => handler.closed('rst'));
    }
  }

  mend(): void {
    this.#isCut = false;
  }

  listen(
    endpoint: Endpoint,
    accept: (channel: Channel) => ChannelHandler,
    listening: (listener: Listener | Error) => void,
  ): void {
    this.#network.listen(endpoint, accept, listening);
  }

  connect(from: string, to: Endpoint, handler: ChannelHandler): Channel {
    if (!this.#isCut) return this.#network.connect(from, to, this.#watch(handler));
    this.#clock.after(0, () => handler.closed('refused'));
    return deadChannel({ host: from, port: 0 }, to);
  }

  #watch(handler: ChannelHandler): ChannelHandler {
    let own: Channel | null = null;
    return {
      opened: (channel) => {
        own = channel;
        this.#open.set(channel, handler);
        handler.opened(channel);
      },
      data: (bytes) => handler.data(bytes),
      closed: (reason) => {
        if (own !== null) this.#open.delete(own);
        handler.closed(reason);
      },
    };
  }
}

function deadChannel(local: Endpoint, remote: Endpoint): Channel {
  const nothing = (): void => {};
  return {
    local,
    remote,
    unsent: 0,
    written: 0,
    write: nothing,
    end: nothing,
    reset: nothing,
    pause: nothing,
    resume: nothing,
  };
}

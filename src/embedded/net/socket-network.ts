import {
  type AddressInfo,
  connect as connectSocket,
  createServer,
  isIP,
  type Server,
  Socket,
} from 'node:net';
import type { Clock } from './clock.js';
import type { Channel, ChannelHandler, Endpoint, Listener, Network } from './network.js';
import { type ChannelSurroundings, SocketChannel } from './socket-channel.js';
import { SocketWire } from './socket-wire.js';
import type { WireObserver, WireRole } from './wire.js';

/** The port a refused connect is reported to a tap with: the kernel does not tell which one it was. */
const UNKNOWN_PORT = 40_000;

/**
 * Real TCP over the loopback interface, and over no other: a demonstration must not be reachable from, or reach, another machine.
 * The process stays alive as long as a listener or a channel is open.
 */
export class SocketNetwork implements Network {
  readonly #clock: Clock;
  readonly #observer: WireObserver | null;
  readonly #servers = new Set<Server>();
  /** Endpoints that this network listens on. */
  readonly #listening = new Set<string>();
  readonly #channels = new Set<SocketChannel>();

  /** @param clock of the ACKs that the observer is told of. */
  constructor(clock: Clock, options: { observer?: WireObserver } = {}) {
    this.#clock = clock;
    this.#observer = options.observer ?? null;
  }

  listen(
    endpoint: Endpoint,
    accept: (channel: Channel) => ChannelHandler,
    listening: (listener: Listener | Error) => void,
  ): void {
    if (!isLoopback(endpoint.host)) {
      this.#clock.after(0, () => listening(new Error(`not a loopback address: ${endpoint.host}`)));
      return;
    }
    const server = createServer((socket) => {
      const { remoteAddress: host, remotePort: port } = socket;
      // Gone before it was accepted.
      if (host === undefined || port === undefined) return void socket.destroy();
      const channel = new SocketChannel(socket, endpoint.host, { host, port }, this.#around('accepting'));
      this.#channels.add(channel);
      channel.accepted(accept);
    });
    this.#servers.add(server);
    const failed = (error: Error): void => {
      this.#servers.delete(server);
      listening(error);
    };
    server.once('error', failed);
    server.listen({ host: endpoint.host, port: endpoint.port }, () => {
      server.off('error', failed);
      // A connection that cannot be accepted (too many open files) is the loss of that connection only.
      server.on('error', () => {});
      const bound = { host: endpoint.host, port: (server.address() as AddressInfo).port };
      this.#listening.add(name(bound));
      const close = (): void => {
        this.#listening.delete(name(bound));
        this.#servers.delete(server);
        server.close();
      };
      listening({ endpoint: bound, close });
    });
  }

  /** A connect to or from any address that is not loopback is refused. */
  connect(from: string, to: Endpoint, handler: ChannelHandler): Channel {
    const { host, port } = to;
    const isAllowed = isLoopback(from) && isLoopback(host) && port >= 1 && port <= 65_535;
    const socket = isAllowed ? connectSocket({ host, port, localAddress: from }) : new Socket();
    const channel = new SocketChannel(socket, from, to, this.#around('connecting'));
    channel.handle(handler);
    this.#channels.add(channel);
    if (!isAllowed) socket.destroy(new Error(`not a loopback address: ${host}`));
    return channel;
  }

  /** Closes everything, without another callback. */
  closeAll(): void {
    for (const channel of [...this.#channels]) channel.abandon();
    for (const server of this.#servers) server.close();
    this.#servers.clear();
    this.#listening.clear();
  }

  #around(role: WireRole): ChannelSurroundings {
    return {
      watch: (channel) => this.#watch(channel, role),
      gone: (channel) => {
        this.#channels.delete(channel);
      },
    };
  }

  #watch(channel: SocketChannel, role: WireRole): SocketWire | null {
    const { remote } = channel;
    if (this.#observer === null || !isLoopback(remote.host)) return null;
    const local = { host: channel.local.host, port: channel.local.port || UNKNOWN_PORT };
    const isReportedThere = role === 'connecting' && this.#listening.has(name(remote));
    const watcher = this.#observer.connection(local, remote, role, isReportedThere);
    if (watcher === null) return null;
    const isPeerFull = (): boolean => channel.unsent > 0 && (this.#otherEnd(channel)?.isPaused ?? false);
    return new SocketWire(this.#clock, watcher, isPeerFull);
  }

  #otherEnd(channel: SocketChannel): SocketChannel | undefined {
    for (const other of this.#channels) {
      if (isSame(other.local, channel.remote) && isSame(other.remote, channel.local)) return other;
    }
    return undefined;
  }
}

function isLoopback(host: string): boolean {
  return isIP(host) === 4 ? host.startsWith('127.') : host === '::1';
}

function isSame(a: Endpoint, b: Endpoint): boolean {
  return a.port === b.port && a.host === b.host;
}

function name(endpoint: Endpoint): string {
  return `${endpoint.host} ${endpoint.port}`;
}

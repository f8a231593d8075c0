import type { Clock } from './clock.js';
import type { Channel, ChannelHandler, Endpoint, Listener, Network } from './network.js';
import { SimulatedEnd } from './simulated-end.js';
import { type PathSettings, SimulatedPath, SimulatedPipe } from './simulated-path.js';
import { NO_BYTES, type WireItem, type WireObserver, type WireRole } from './wire.js';

const DEFAULT_LATENCY = 100;
const DEFAULT_RECEIVE_WINDOW = 256 * 1024;

/** Ports given out to connecting ends, and to listeners that ask for port 0. */
const FIRST_FREE_PORT = 40_000;
const LAST_PORT = 65_535;

export interface SimulatedNetworkOptions {
  /** µs from one host to another, where setPath says nothing else; 100 unless told. */
  latency?: number;
  /** Bytes per second of each direction of each connection; unbounded unless told. */
  bandwidth?: number;
  /** Bytes that a kernel takes for a reader that does not read; 256 KiB unless told. */
  receiveWindow?: number;
  observer?: WireObserver;
}

interface Listening {
  readonly accept: (channel: Channel) => ChannelHandler;
}

/**
 * TCP between hosts that exist as addresses only, on any clock. Bytes are never lost: where hosts are cut from each other they wait,
 * as if sent again and again. Meant for a simulated clock, where the same calls give the same run.
 */
export class SimulatedNetwork implements Network {
  readonly #clock: Clock;
  readonly #settings: PathSettings;
  readonly #receiveWindow: number;
  readonly #observer: WireObserver | null;
  readonly #paths = new Map<string, SimulatedPath>();
  readonly #listeners = new Map<string, Listening>();
  /** By local and remote endpoint. */
  readonly #ends = new Map<string, SimulatedEnd>();
  readonly #nextPorts = new Map<string, number>();

  constructor(clock: Clock, options: SimulatedNetworkOptions = {}) {
    this.#clock = clock;
    this.#settings = { latency: DEFAULT_LATENCY, bandwidth: Number.POSITIVE_INFINITY };
    if (options.latency !== undefined) this.#settings.latency = options.latency;
    if (options.bandwidth !== undefined) this.#settings.bandwidth = options.bandwidth;
    checkPath(this.#settings);
    this.#receiveWindow = options.receiveWindow ?? DEFAULT_RECEIVE_WINDOW;
    if (!(this.#receiveWindow >= 1)) throw new RangeError(`not a receive window: ${this.#receiveWindow}`);
    this.#observer = options.observer ?? null;
  }

  listen(
    endpoint: Endpoint,
    accept: (channel: Channel) => ChannelHandler,
    listening: (listener: Listener | Error) => void,
  ): void {
    const { host } = endpoint;
    const port = endpoint.port === 0 ? this.#freePort(host) : endpoint.port;
    const key = name({ host, port });
    if (this.#listeners.has(key)) {
      this.#clock.after(0, () => listening(new Error(`address in use: ${key}`)));
      return;
    }
    const entry = { accept };
    this.#listeners.set(key, entry);
    const close = (): void => {
      if (this.#listeners.get(key) === entry) this.#listeners.delete(key);
    };
    this.#clock.after(0, () => listening({ endpoint: { host, port }, close }));
  }

  connect(from: string, to: Endpoint, handler: ChannelHandler): Channel {
    const local = { host: from, port: this.#freePort(from) };
    let peer: SimulatedEnd | null = null;
    const pipe = this.#pipe(from, to.host, (item) => {
      if (item.kind === 'syn') peer = this.#synCame(end, item);
      else peer?.arrive(item);
    });
    const end = this.#addEnd(local, to, 'connecting', pipe, handler);
    end.connect();
    return end;
  }

  /** Sets how long the way from one host to another takes, for what is sent from now on; the way back is another. */
  setPath(from: string, to: string, settings: Partial<PathSettings>): void {
    const path = this.#path(from, to);
    const changed = { ...path.settings, ...settings };
    checkPath(changed);
    path.settings = changed;
  }

  /** Cuts two hosts from each other: bytes wait, nobody is told. */
  partition(a: string, b: string): void {
    this.#path(a, b).cut();
    this.#path(b, a).cut();
  }

  heal(a: string, b: string): void {
    this.#path(a, b).heal();
    this.#path(b, a).heal();
  }

  /**
   * Ends all that a host has open, listeners as well, without a call to its handlers: a process that died ('rst': its peers are told)
   * or a machine that lost its power ('silence': they are not, nor is anything answered that they send). Connects are refused
   * until something listens there again.
   */
  crash(host: string, how: 'rst' | 'silence'): void {
    for (const key of [...this.#listeners.keys()]) {
      if (key.startsWith(`${host} `)) this.#listeners.delete(key);
    }
    for (const end of [...this.#ends.values()]) {
      if (end.local.host !== host) continue;
      if (how === 'rst') end.reset();
      else end.vanish();
    }
  }

  /** A SYN reaches its host. @returns the new end there, or null when nobody listens. */
  #synCame(from: SimulatedEnd, item: WireItem): SimulatedEnd | null {
    const local = from.remote;
    const pipe = this.#pipe(local.host, from.local.host, (answer) => from.arrive(answer));
    if (!this.#listeners.has(name(local))) {
      pipe.send({ kind: 'refuse', bytes: NO_BYTES, acknowledged: 0, window: 0 });
      return null;
    }
    // The listener came while the SYN was on its way: the tap has the other end already.
    const observer = from.isWatched ? null : this.#observer;
    const end = this.#addEnd(local, from.local, 'accepting', pipe, null, observer);
    end.arrive(item);
    return end;
  }

  #addEnd(
    local: Endpoint,
    remote: Endpoint,
    role: WireRole,
    pipe: SimulatedPipe,
    handler: ChannelHandler | null,
    observer = this.#observer,
  ): SimulatedEnd {
    const key = `${name(local)} ${name(remote)}`;
    const otherEndToo = role === 'connecting' && this.#listeners.has(name(remote));
    const end = new SimulatedEnd(
      {
        clock: this.#clock,
        local,
        remote,
        receiveWindow: this.#receiveWindow,
        pipe,
        watcher: observer?.connection(local, remote, role, otherEndToo) ?? null,
        accept: (channel) => this.#listeners.get(name(local))?.accept(channel) ?? null,
        gone: () => {
          if (this.#ends.get(key) === end) this.#ends.delete(key);
        },
      },
      handler,
    );
    this.#ends.set(key, end);
    return end;
  }

  #pipe(from: string, to: string, arrive: (item: WireItem) => void): SimulatedPipe {
    return new SimulatedPipe(this.#clock, this.#path(from, to), arrive);
  }

  #path(from: string, to: string): SimulatedPath {
    const key = `${from} ${to}`;
    let path = this.#paths.get(key);
    if (path === undefined) {
      path = new SimulatedPath(this.#clock, { ...this.#settings });
      this.#paths.set(key, path);
    }
    return path;
  }

  /** Ports go round, as a kernel's do, so that one is not used again at once. */
  #freePort(host: string): number {
    const used = new Set<number>();
    for (const { local } of this.#ends.values()) if (local.host === host) used.add(local.port);
    let port = this.#nextPorts.get(host) ?? FIRST_FREE_PORT;
    for (let tried = 0; tried <= LAST_PORT - FIRST_FREE_PORT; tried++) {
      const next = port === LAST_PORT ? FIRST_FREE_PORT : port + 1;
      if (!used.has(port) && !this.#listeners.has(name({ host, port }))) {
        this.#nextPorts.set(host, next);
        return port;
      }
      port = next;
    }
    throw new Error(`no free port on ${host}`);
  }
}

function name(endpoint: Endpoint): string {
  return `${endpoint.host} ${endpoint.port}`;
}

function checkPath({ latency, bandwidth }: PathSettings): void {
  if (!(latency >= 0 && Number.isFinite(latency))) throw new RangeError(`not a latency: ${latency}`);
  if (!(bandwidth > 0)) throw new RangeError(`not a bandwidth: ${bandwidth}`);
}

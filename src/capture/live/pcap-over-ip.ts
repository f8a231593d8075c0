import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { CaptureFacts } from '../types.js';
import type { LiveListener } from './live-capture.js';
import { readPackets, type StreamEnd } from './packet-stream.js';
import { quotable, shellWord } from './problems.js';
import type { LiveCapture, LiveDrops, LiveEnd, LiveProblem } from './types.js';

/** Where somebody hands a capture to whoever connects: `tcpdump -U -w - | nc -l PORT`. */
export interface CaptureServer {
  readonly host: string;
  readonly port: number;
}

/** How long a connection may take, ms. */
const CONNECT_LIMIT = 10_000;

/** A peer that is silent for so long is asked whether it is there, ms; Node gives it up after ten more seconds without an answer. */
const KEEPALIVE_DELAY = 10_000;

/** Connected, and nothing came for so long, ms: then it is told what may be the cause. */
const SILENCE = 5000;

/** After `stop`, ms: tcpdump at the other end passes on within a second what it has captured. */
const DRAIN = 1060;

/** HOST:PORT, an IPv6 address in brackets. */
export function serverName({ host, port }: CaptureServer): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/**
 * Reads a capture that a server hands over: pcap or pcapng, gzipped or not. Whatever goes wrong, at the start too, is told by `ended`;
 * an end at the border of two packets is no problem: the server has no more.
 */
export function connectCapture(server: CaptureServer, listener: LiveListener): LiveCapture {
  return new ConnectedCapture(server, listener);
}

class ConnectedCapture implements LiveCapture {
  facts: CaptureFacts;
  readonly ready: Promise<boolean>;
  readonly ended: Promise<LiveEnd>;
  readonly #server: CaptureServer;
  readonly #listener: LiveListener;
  readonly #socket: Socket;
  #resolveReady: (runs: boolean) => void = () => {};
  #isReady = false;
  #isStopping = false;
  readonly #timers: NodeJS.Timeout[] = [];

  constructor(server: CaptureServer, listener: LiveListener) {
    this.#server = server;
    this.#listener = listener;
    const source = serverName(server);
    this.facts = { source, format: 'live', linkTypes: [], kernelDrops: null, problem: null };
    this.ready = new Promise((resolve) => {
      this.#resolveReady = resolve;
    });
    this.#socket = connect({ ...server, keepAlive: true, keepAliveInitialDelay: KEEPALIVE_DELAY });
    this.#socket.setTimeout(CONNECT_LIMIT, () => {
      this.#socket.destroy(new Error(`no answer within ${CONNECT_LIMIT / 1000} s`));
    });
    this.ended = this.#run();
  }

  /** A pcapng may tell drops of the kernel. */
  get drops(): LiveDrops {
    return { kernel: this.facts.kernelDrops, interface: null };
  }

  stop(): Promise<LiveEnd> {
    if (this.#isStopping || !this.#isReady) this.#socket.destroy(new Error('stopped'));
    else this.#timers.push(setTimeout(() => this.#socket.destroy(), DRAIN));
    this.#isStopping = true;
    return this.ended;
  }

  async #run(): Promise<LiveEnd> {
    let problem: LiveProblem | null;
    try {
      problem = await this.#read();
    } finally {
      this.#isStopping = true;
      this.#socket.destroy();
      for (const timer of this.#timers) clearTimeout(timer);
      this.#resolveReady(false);
    }
    if (problem !== null) this.facts.problem = { message: problem.message, position: 0 };
    return { problem, drops: this.drops };
  }

  /** @returns why it ended; null when it was stopped, or ended in order. */
  async #read(): Promise<LiveProblem | null> {
    let failure: Error | null = null;
    this.#socket.on('error', (error) => {
      failure ??= error;
    });
    try {
      await once(this.#socket, 'connect');
    } catch {
      return this.#isStopping ? null : this.#unreachable(failure);
    }
    // An idle capture is none that has ended.
    this.#socket.setTimeout(0);
    this.#timers.push(setTimeout(() => this.#noteSilence(), SILENCE));
    const end = await readPackets(this.#socket, this.facts.source, {
      onOpen: (facts) => {
        this.facts = facts;
        this.#isReady = true;
        this.#resolveReady(true);
      },
      onPackets: (batch, from, to) => this.#onPackets(batch, from, to),
    });
    return this.#isStopping ? null : this.#explain(end, failure);
  }

  readonly #onPackets: LiveListener['onPackets'] = (batch, from, to) => {
    const wantsMore = this.#listener.onPackets(batch, from, to) !== false;
    if (!wantsMore) this.#isStopping = true;
    return wantsMore;
  };

  #noteSilence(): void {
    if (this.#isReady) return;
    this.#listener.onTrouble?.({
      kind: 'no-connection',
      message: `${serverName(this.#server)}: connected, but nothing has come yet`,
      remedies: ['where tcpdump writes to it, -U makes it hand over the beginning at once'],
    });
  }

  #unreachable(failure: Error | null): LiveProblem {
    const name = serverName(this.#server);
    return {
      kind: 'no-connection',
      message: `${quotable(name)}: cannot be reached: ${quotable(failure?.message ?? 'it closed the connection')}`,
      remedies: [
        `there must be somebody who hands over a capture: tcpdump -U -w - | nc -l ${shellWord(String(this.#server.port))}`,
      ],
    };
  }

  #explain({ damage, opened }: StreamEnd, failure: Error | null): LiveProblem | null {
    const name = quotable(serverName(this.#server));
    if (!opened) {
      const message =
        damage === null ? `${name}: closed the connection before it sent anything` : quotable(damage);
      return { kind: damage === null ? 'no-connection' : 'not-a-capture', message, remedies: [] };
    }
    const what = failure?.message ?? damage;
    return what === null
      ? null
      : { kind: 'no-connection', message: `${name}: ${quotable(what)}`, remedies: [] };
  }
}

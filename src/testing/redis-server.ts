import { type ChildProcess, spawn } from 'node:child_process';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { collect, waitFor } from './run-cli.js';

/** Real servers and captures of them, for tests that compare what this program says with what the servers say. */

/** Ports below those that the kernel gives to outgoing connections (32768 on), so that none of these takes one between choice and use. */
const FIRST_PORT = 10_000;
const PORTS = 22_000;
/** Test files run beside each other, each in a process of its own: they begin far from one another. */
let nextPort = (process.pid * 97) % PORTS;

/** A port on which nobody listens at the moment, and that this process was not given before. */
export function freePort(): Promise<number> {
  const port = FIRST_PORT + nextPort;
  nextPort = (nextPort + 1) % PORTS;
  return new Promise((resolve) => {
    const server = createServer();
    server.on('error', () => resolve(freePort()));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(port)));
  });
}

/** Where a server runs that is not on this machine's own 127.0.0.1. It is asked over a socket file, so that its port carries links only. */
export interface ServerPlace {
  /** As `ip netns exec NAME`. */
  readonly prefix: readonly string[];
  readonly address: string;
}

/** A redis-server on 127.0.0.1, stopped by its own process id. */
export class RedisServer {
  readonly port: number;
  readonly #folder: string;
  readonly #options: readonly string[];
  readonly #place: ServerPlace | null;
  #process: ChildProcess | null = null;

  constructor(
    port: number,
    folder: string,
    options: readonly string[] = [],
    place: ServerPlace | null = null,
  ) {
    this.port = port;
    this.#folder = folder;
    this.#options = options;
    this.#place = place;
  }

  get #socketPath(): string {
    return join(this.#folder, `${this.#place?.address}-${this.port}.sock`);
  }

  async start(): Promise<void> {
    const address = this.#place?.address ?? '127.0.0.1';
    const args = ['--port', `${this.port}`, '--bind', address, '--dir', this.#folder];
    if (this.#place !== null) args.push('--unixsocket', this.#socketPath);
    args.push(
      '--dbfilename',
      this.#place === null ? `${this.port}.rdb` : `${address}-${this.port}.rdb`,
      '--save',
      '',
      '--daemonize',
      'no',
      ...this.#options,
    );
    const [file = '', ...words] = [...(this.#place?.prefix ?? []), 'redis-server', ...args];
    const child = spawn(file, words);
    const output = collect(child.stdout);
    this.#process = child;
    await waitFor(`redis-server on port ${this.port}`, () => {
      if (child.exitCode !== null) throw new Error(`redis-server ended: ${output()}`);
      return /Ready to accept connections|accept connections/.test(output());
    });
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const child = this.#process;
    this.#process = null;
    if (child === null || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.on('exit', resolve));
    child.kill(signal);
    await ended;
  }

  /** SIGSTOP makes it stand still, SIGCONT lets it go on. */
  signal(signal: NodeJS.Signals): void {
    this.#process?.kill(signal);
  }

  /** Sends requests over a connection of their own. @returns the last reply, raw. */
  async ask(...requests: string[][]): Promise<string> {
    const socket = this.#place === null ? connect(this.port, '127.0.0.1') : connect(this.#socketPath);
    let reply = '';
    for (const words of requests) reply = await askOne(socket, words);
    socket.destroy();
    return reply;
  }

  /** `INFO replication` as fields. */
  async replication(): Promise<Record<string, string>> {
    return infoFields(await this.ask(['INFO', 'replication']));
  }

  async stats(): Promise<Record<string, string>> {
    return infoFields(await this.ask(['INFO', 'stats']));
  }
}

function askOne(socket: Socket, words: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const take = (chunk: Buffer): void => {
      text += chunk.toString('latin1');
      const bulk = /^\$(\d+)\r\n/.exec(text);
      if (bulk === null ? !text.endsWith('\r\n') : text.length < bulk[0].length + Number(bulk[1]) + 2) return;
      socket.off('data', take).off('error', reject);
      resolve(text);
    };
    socket.on('data', take).on('error', reject);
    const parts = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
    socket.write(`*${words.length}\r\n${parts.join('')}`);
  });
}

function infoFields(reply: string): Record<string, string> {
  const lines = reply.split('\r\n').map((line) => /^([\w-]+):(.*)$/.exec(line));
  return Object.fromEntries(lines.flatMap((match) => (match === null ? [] : [[match[1]!, match[2]!]])));
}

/** tcpdump on the loopback interface; `args` add to the filter and the output. */
export class Tcpdump {
  readonly #process: ChildProcess;
  readonly #errors: () => string;

  private constructor(args: readonly string[]) {
    // In immediate mode a packet takes a slot of the snapshot length: a shorter one, as long as loopback frames get, gives more of them.
    const slots = ['-s', '66000', '-B', '65536'];
    this.#process = spawn('tcpdump', ['-i', 'lo', '-U', '--immediate-mode', ...slots, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#errors = collect(this.#process.stderr!);
  }

  /** The capture, when it was started to write `-`. */
  get output(): Readable {
    return this.#process.stdout!;
  }

  /** Starts it, and waits until it captures. `to`: a file, a pipe, or `-`. */
  static async start(to: string, ports: readonly number[]): Promise<Tcpdump> {
    const filter = ports.map((port) => `tcp port ${port}`).join(' or ');
    const dump = new Tcpdump(['-w', to, filter]);
    await waitFor('tcpdump to listen', () => {
      if (dump.#process.exitCode !== null) throw new Error(`tcpdump ended: ${dump.#errors()}`);
      return dump.#errors().includes('listening on');
    });
    return dump;
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null) return;
    const ended = new Promise((resolve) => this.#process.on('exit', resolve));
    this.#process.kill('SIGTERM');
    await ended;
  }
}

import { MILLISECOND, SECOND } from '../embedded/net/clock.js';
import type { Channel, ChannelHandler, CloseReason } from '../embedded/net/network.js';
import { seededRandom } from '../embedded/net/seeded-random.js';
import { SimulatedClock } from '../embedded/net/simulated-clock.js';
import { SimulatedNetwork, type SimulatedNetworkOptions } from '../embedded/net/simulated-network.js';
import { Node, type NodeOptions } from '../embedded/node.js';
import { encodeRequest } from '../embedded/wire/encode-request.js';

const START = 1_700_000_000 * SECOND;

/** What a command comes to, as a test likes to compare it: text, numbers, lists; errors with their dash. */
export type Told = string | number | null | Told[];

/** Nodes of the embedded pair on a simulated network, each a host of its own. */
export class SimulatedNodes {
  readonly clock = new SimulatedClock(START);
  readonly network: SimulatedNetwork;
  readonly #random: () => number;
  #hosts = 0;

  constructor(seed = 1, options: SimulatedNetworkOptions = {}) {
    this.network = new SimulatedNetwork(this.clock, options);
    this.#random = seededRandom(seed);
  }

  /** A node that has started; a diskless payload does not wait for further replicas unless told. */
  node(options: Partial<NodeOptions> = {}): Node {
    this.#hosts++;
    const endpoint = { host: `10.0.0.${this.#hosts}`, port: 6379 };
    const world = { clock: this.clock, network: this.network, random: this.#random };
    const node = new Node({ endpoint, disklessDelay: 0, ...options }, world);
    node.start(throwIf);
    this.run(1 * MILLISECOND);
    return node;
  }

  /** Lets time pass, in µs. */
  run(time: number): void {
    this.clock.runUntil(this.clock.now() + time);
  }

  seconds(count: number): void {
    this.run(count * SECOND);
  }
}

export function throwIf(error: Error | null): void {
  if (error !== null) throw error;
}

/** Runs a command given as one text, words between blanks. */
export function tell(node: Node, text: string, db = 0): Told {
  const reply = node.call(text.split(' '), db);
  return reply === null ? null : told(reply);
}

export function told(reply: NonNullable<ReturnType<Node['call']>>): Told {
  switch (reply.kind) {
    case 'simple':
      return reply.text;
    case 'error':
      return `-${reply.text}`;
    case 'integer':
      return Number(reply.value);
    case 'bulk':
      return reply.bytes === null ? null : Buffer.from(reply.bytes).toString('latin1');
    case 'array':
      return reply.items === null ? null : reply.items.map(told);
  }
}

/** A section of INFO as fields. */
export function info(node: Node, section = 'replication'): Record<string, string> {
  const lines = String(tell(node, `INFO ${section}`)).split('\r\n');
  return Object.fromEntries(lines.flatMap((line) => (line.includes(':') ? [split(line)] : [])));
}

function split(line: string): [string, string] {
  const colon = line.indexOf(':');
  return [line.slice(0, colon), line.slice(colon + 1)];
}

/** Bytes of a connection to a node, sent and looked at by hand; all text is Latin-1. */
export class RawPeer implements ChannelHandler {
  /** What has come since the last take(). */
  text = '';
  closedBy: CloseReason | null = null;
  readonly channel: Channel;

  constructor(nodes: SimulatedNodes, node: Node, from = '10.0.1.1') {
    this.channel = nodes.network.connect(from, node.endpoint, this);
    nodes.run(1 * MILLISECOND);
  }

  opened(): void {}

  data(bytes: Uint8Array): void {
    this.text += Buffer.from(bytes).toString('latin1');
  }

  closed(reason: CloseReason): void {
    this.closedBy = reason;
  }

  /** Requests, each a text with its words between blanks, in one write. */
  send(...requests: string[]): void {
    this.channel.write(Buffer.concat(requests.map((request) => encodeRequest(request.split(' ')))));
  }

  /** Sends requests and gives time for the reply. */
  ask(nodes: SimulatedNodes, ...requests: string[]): string {
    this.send(...requests);
    nodes.run(1 * MILLISECOND);
    return this.take();
  }

  take(): string {
    const { text } = this;
    this.text = '';
    return text;
  }
}

import type { TcpSegment } from '../packet/segment.js';
import type { Connection } from './connection.js';
import { EndpointKeys } from './endpoint-keys.js';
import { MAX_CHAIN } from './limits.js';
import { LITTLE_LOST, RecencyLists } from './recency.js';
import type { Direction } from './types.js';

const FIRST_BUCKETS = 1024;
/** No slot: the recency lists give out larger numbers only. */
const NONE = 0;

/** Finds the connection of a segment, whichever way it flows, and knows which connection can be forgotten best. */
export class ConnectionTable {
  /** Which side sent the segment last looked for; valid after a `find` that found something. */
  side: Direction = 0;
  size = 0;
  /** First slot of each chain. A chain goes from new to old. */
  private buckets = new Int32Array(FIRST_BUCKETS);
  private readonly keys = new EndpointKeys();
  private readonly recency = new RecencyLists<Connection>();
  /** Traffic comes in runs: most segments belong to the connection of the one before. */
  private last: Connection | null = null;
  private lastSlot = NONE;

  find(segment: TcpSegment): Connection | null {
    const { keys } = this;
    if (this.lastSlot !== NONE) {
      const side = keys.sender(this.lastSlot, segment);
      if (side >= 0) {
        this.side = side as Direction;
        return this.last;
      }
    }
    const hash = connectionHash(segment);
    let slot = this.buckets[hash & (this.buckets.length - 1)]!;
    for (; slot !== NONE; slot = keys.chain(slot)) {
      if (keys.hash(slot) !== hash) continue;
      const side = keys.sender(slot, segment);
      if (side < 0) continue;
      this.side = side as Direction;
      this.lastSlot = slot;
      this.last = this.recency.item(slot);
      return this.last;
    }
    return null;
  }

  /** Adds a connection that begins with `segment`; `fromOpener`: its source is side 0. */
  insert(connection: Connection, segment: TcpSegment, hash: number, fromOpener: boolean): void {
    if (this.size >= this.buckets.length) this.grow();
    const slot = this.recency.add(connection, LITTLE_LOST);
    connection.slot = slot;
    this.keys.set(slot, segment, hash, fromOpener);
    this.link(slot);
    this.size++;
  }

  /** The opener turned out to be the other side: it sent `segment`, or (`fromOpener` false) was sent it. */
  turn(connection: Connection, segment: TcpSegment, fromOpener: boolean): void {
    this.keys.set(connection.slot, segment, this.keys.hash(connection.slot), fromOpener);
  }

  remove(connection: Connection): void {
    const { keys } = this;
    const { slot } = connection;
    if (this.lastSlot === slot) {
      this.last = null;
      this.lastSlot = NONE;
    }
    const index = keys.hash(slot) & (this.buckets.length - 1);
    let before = this.buckets[index]!;
    if (before === slot) this.buckets[index] = keys.chain(slot);
    else {
      while (keys.chain(before) !== slot) before = keys.chain(before);
      keys.setChain(before, keys.chain(slot));
    }
    this.recency.remove(slot);
    this.size--;
  }

  /** Marks a connection as used just now. */
  touch(connection: Connection): void {
    this.recency.touch(connection.slot, connection.worth);
  }

  /** Longest unused of those of which the least is lost. */
  leastUseful(): Connection | null {
    return this.recency.leastUseful();
  }

  /** The oldest of the connections that share the hash bucket of `hash`, links excepted, when they are too many; otherwise null. */
  crowding(hash: number): Connection | null {
    let length = 0;
    let victim: Connection | null = null;
    let slot = this.buckets[hash & (this.buckets.length - 1)]!;
    for (; slot !== NONE; slot = this.keys.chain(slot)) {
      if (++length < MAX_CHAIN / 2) continue; // do not touch their objects as long as there are few
      const connection = this.recency.item(slot);
      if (victim === null || connection.worth <= victim.worth) victim = connection;
    }
    return length >= MAX_CHAIN ? victim : null;
  }

  all(): Connection[] {
    return this.recency.all();
  }

  private link(slot: number): void {
    const index = this.keys.hash(slot) & (this.buckets.length - 1);
    this.keys.setChain(slot, this.buckets[index]!);
    this.buckets[index] = slot;
  }

  private grow(): void {
    this.buckets = new Int32Array(this.buckets.length * 2);
    const connections = this.recency.all().sort((a, b) => a.id - b.id);
    for (const connection of connections) this.link(connection.slot);
  }
}

/** The same number for both directions: the hashes of the two ends are added, which does not depend on their order. */
export function connectionHash(segment: TcpSegment): number {
  const source = endHash(
    segment.source0,
    segment.source1,
    segment.source2,
    segment.source3,
    segment.sourcePort,
  );
  const destination = endHash(
    segment.destination0,
    segment.destination1,
    segment.destination2,
    segment.destination3,
    segment.destinationPort,
  );
  const sum = Math.imul((source + destination) | 0, 0x85ebca6b | 0);
  return sum ^ (sum >>> 15);
}

function endHash(word0: number, word1: number, word2: number, word3: number, port: number): number {
  let hash = Math.imul(word0 ^ port, 0x9e3779b1 | 0) ^ word1;
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca77 | 0) ^ word2;
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae3d | 0) ^ word3;
  hash = Math.imul(hash ^ (hash >>> 16), 0x27d4eb2f | 0);
  return hash ^ (hash >>> 15);
}

import type { Session } from '../../replication/model.js';
import type { HistoryFollower } from '../../replication/sibling-bytes.js';
import { BLOCK_BYTES, MAX_HISTORIES, MAX_PAIRS, MAX_STREAMS } from './limits.js';
import { SiblingStream, type StreamOwner } from './sibling-stream.js';

/** The first offsets at which two links were sent different bytes. */
export interface Difference {
  /** Offsets of the first and the last byte of the block that differs. */
  from: number;
  to: number;
  /** Packet time (µs) at which it showed. */
  time: number;
  /** The sessions, and the packets that completed the block there; the session in which it was seen later comes second. */
  sessions: readonly [Session, Session];
  packets: readonly [number, number];
}

/** Two links of one history, and what comparing their streams gave. */
export interface SiblingPair {
  replid: string;
  /** A session of each link, for the link's name. */
  sessions: readonly [Session, Session];
  /** Bytes at the same offsets that were the same, and bytes of the blocks that differed. */
  equalBytes: number;
  differingBytes: number;
  first: Difference | null;
}

/**
 * Compares the streams of links that replicate the same history: the same offset must be the same bytes, whoever sent them (sibling
 * replicas of one master, replicas of replicas). Costs nothing while a history has one link only.
 */
export class Siblings implements HistoryFollower {
  readonly #histories = new Map<string, History>();
  #pairs = 0;

  follow(session: Session, replid: string, isSound: () => boolean): SiblingStream {
    let history = this.#histories.get(replid);
    if (history === undefined) {
      history = new History(replid, () => this.#mayAdd());
      this.#histories.set(replid, history);
      if (this.#histories.size > MAX_HISTORIES) this.#histories.delete(this.#histories.keys().next().value!);
    }
    return history.follow(session, isSound);
  }

  /** Whether one more pair may be kept. */
  #mayAdd(): boolean {
    if (this.#pairs >= MAX_PAIRS) return false;
    this.#pairs++;
    return true;
  }

  /** What was compared so far, in the order in which the pairs were met. */
  pairs(): SiblingPair[] {
    return [...this.#histories.values()].flatMap((history) => history.report());
  }
}

class History implements StreamOwner {
  readonly replid: string;
  isShared = false;
  readonly #mayAdd: () => boolean;
  readonly #streams: SiblingStream[] = [];
  /** By the ids of both links. */
  readonly #pairs = new Map<string, SiblingPair>();

  /** @param mayAdd whether one more pair may be kept; counts it. */
  constructor(replid: string, mayAdd: () => boolean) {
    this.replid = replid;
    this.#mayAdd = mayAdd;
  }

  follow(session: Session, isSound: () => boolean): SiblingStream {
    this.isShared ||= this.#streams.some((other) => other.session.link !== session.link);
    const stream = new SiblingStream(session, isSound, this);
    this.#streams.push(stream);
    if (this.#streams.length > MAX_STREAMS) this.#streams.shift();
    return stream;
  }

  hashed(
    stream: SiblingStream,
    block: number,
    hash: number,
    skipped: number,
    time: number,
    packet: number,
  ): void {
    for (const other of this.#streams) {
      if (other.session.link === stream.session.link) continue;
      const stored = other.blocks.find(block);
      if (stored === null || stored.skipped !== skipped) continue;
      const pair = this.#pairOf(other, stream);
      if (pair === null) continue;
      const bytes = BLOCK_BYTES - skipped;
      if (stored.hash === hash) {
        pair.equalBytes += bytes;
        continue;
      }
      // Bytes that were captured in two versions prove nothing.
      if (!stream.isSound() || !other.isSound()) continue;
      pair.differingBytes += bytes;
      const from = block * BLOCK_BYTES + skipped;
      if (pair.first !== null && pair.first.from <= from) continue;
      pair.first = {
        from,
        to: (block + 1) * BLOCK_BYTES - 1,
        time,
        sessions: [other.session, stream.session],
        packets: [stored.packet, packet],
      };
    }
    stream.blocks.store(block, hash, skipped, packet);
  }

  /** The pairs as of now: blocks that both of two streams have the same beginning of count as well where they are equal. */
  report(): SiblingPair[] {
    const extra = new Map<SiblingPair, number>();
    this.#streams.forEach((stream, i) => {
      const open = stream.open();
      if (open === null) return;
      for (const other of this.#streams.slice(i + 1)) {
        const theirs = other.open();
        if (other.session.link === stream.session.link || theirs === null) continue;
        const isSameRange = theirs.next === open.next && theirs.skipped === open.skipped;
        if (!isSameRange || theirs.hash !== open.hash) continue;
        const pair = this.#pairOf(stream, other);
        const bytes = open.next - open.block * BLOCK_BYTES - open.skipped;
        if (pair !== null) extra.set(pair, (extra.get(pair) ?? 0) + bytes);
      }
    });
    return [...this.#pairs.values()].map((pair) => ({
      ...pair,
      equalBytes: pair.equalBytes + (extra.get(pair) ?? 0),
    }));
  }

  #pairOf(one: SiblingStream, other: SiblingStream): SiblingPair | null {
    const ids = [one.session.link.id, other.session.link.id].sort().join(' ');
    let pair = this.#pairs.get(ids);
    if (pair === undefined) {
      if (!this.#mayAdd()) return null;
      const sessions = [one.session, other.session] as const;
      pair = { replid: this.replid, sessions, equalBytes: 0, differingBytes: 0, first: null };
      this.#pairs.set(ids, pair);
    }
    return pair;
  }
}

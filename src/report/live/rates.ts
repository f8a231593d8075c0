import type { LinkState } from './link-state.js';

/** What changed between two looks at the links. Time comes from the caller. */

/** Links remembered; of further ones no rate is known. */
export const MAX_RATED_LINKS = 2000;

/** Looks remembered of each link's lag, for a sparkline: at one a second the last three minutes. */
export const HISTORY_LENGTH = 180;

/** Of one link, over the last interval. null: seen for the first time, nothing to compare with. */
export interface LinkRate {
  bytesPerSecond: number | null;
  commandsPerSecond: number | null;
  /** Of an RDB payload under way. */
  payloadBytesPerSecond: number | null;
  /** New since the last look. */
  fullResyncs: number;
  partialResyncs: number;
  refusedSyncs: number;
  gaps: number;
  missingBytes: number;
  /** Lag in bytes at each look, the latest last; 0 where it was unknown. At most HISTORY_LENGTH. */
  lagHistory: readonly number[];
}

/** Bytes a second of what flows now: the payload while it is on its way, else the stream; null where nobody is connected. */
export function flowRate({ phase, isOpen }: LinkState, rate: LinkRate): number | null {
  if (!isOpen || phase === 'refused') return null;
  return phase === 'transfer' ? rate.payloadBytesPerSecond : rate.bytesPerSecond;
}

/** What is kept of a link from one look to the next. */
interface Seen {
  time: number;
  streamBytes: number;
  streamCommands: number;
  payloadBytes: number;
  full: number;
  partial: number;
  refused: number;
  gaps: number;
  missingBytes: number;
  maxLag: number;
  rate: LinkRate;
  history: number[];
}

const UNKNOWN: LinkRate = {
  bytesPerSecond: null,
  commandsPerSecond: null,
  payloadBytesPerSecond: null,
  fullResyncs: 0,
  partialResyncs: 0,
  refusedSyncs: 0,
  gaps: 0,
  missingBytes: 0,
  lagHistory: [],
};

/** Compares successive states of the links. */
export class LinkRates {
  #seen = new Map<string, Seen>();

  /**
   * A new look at `now` (µs) at all links; those not among them are forgotten.
   * @returns the rate of each link by its id. A look at the same time as the one before changes nothing.
   */
  update(states: readonly LinkState[], now: number): Map<string, LinkRate> {
    const before = this.#seen;
    this.#seen = new Map();
    const rates = new Map<string, LinkRate>();
    for (const state of states) {
      const { id } = state.link;
      if (this.#seen.size >= MAX_RATED_LINKS) {
        rates.set(id, UNKNOWN);
        continue;
      }
      const last = before.get(id);
      const seen = last !== undefined && now <= last.time ? last : look(state, last, now);
      this.#seen.set(id, seen);
      rates.set(id, seen.rate);
    }
    return rates;
  }

  /** Links remembered. */
  get size(): number {
    return this.#seen.size;
  }
}

function look(state: LinkState, last: Seen | undefined, now: number): Seen {
  const { link } = state;
  const history = last?.history ?? [];
  const maxLag = link.lag.maxBytes ?? 0;
  // A peak between two looks is known when it was the highest so far.
  const peak = last !== undefined && maxLag > last.maxLag ? maxLag : (state.lagBytes ?? 0);
  history.push(peak);
  if (history.length > HISTORY_LENGTH) history.shift();
  const seen: Seen = {
    time: now,
    streamBytes: state.streamBytes,
    streamCommands: state.streamCommands,
    payloadBytes: state.payloadBytes,
    full: link.fullResyncs,
    partial: link.partialResyncs,
    refused: link.refusedSyncs,
    gaps: state.gaps,
    missingBytes: state.missingBytes,
    maxLag,
    rate: UNKNOWN,
    history,
  };
  seen.rate = { ...(last === undefined ? UNKNOWN : compare(seen, last)), lagHistory: history };
  return seen;
}

/** Counts of the document can shrink when two links turn out to be one: that is no negative rate. */
function compare(now: Seen, last: Seen): LinkRate {
  const seconds = (now.time - last.time) / 1_000_000;
  const since = (key: Exclude<keyof Seen, 'rate' | 'history'>) => Math.max(0, now[key] - last[key]);
  return {
    bytesPerSecond: since('streamBytes') / seconds,
    commandsPerSecond: since('streamCommands') / seconds,
    payloadBytesPerSecond: since('payloadBytes') / seconds,
    fullResyncs: since('full'),
    partialResyncs: since('partial'),
    refusedSyncs: since('refused'),
    gaps: since('gaps'),
    missingBytes: since('missingBytes'),
    lagHistory: [],
  };
}

import { LIVE_PHASES } from './link-state.js';
import type { LiveLink } from './model.js';
import { flowRate } from './rates.js';
import type { SortKey, TopState } from './top-state.js';
import { isBad } from './troubles.js';

/** What a link is sorted by; null for what is not known, which comes last in both directions. */
const VALUES: Record<SortKey, (link: LiveLink) => number | string | null> = {
  trouble: ({ troubles }) => troubles.reduce((sum, trouble) => sum + (isBad(trouble) ? 100 : 1), 0),
  link: ({ state }) => state.link.id,
  phase: ({ state }) => LIVE_PHASES.indexOf(state.phase),
  rate: ({ state, rate }) => flowRate(state, rate),
  lag: ({ state }) => state.lagBytes,
  age: ({ state }) => state.lagMs,
  ACK: ({ state }) => state.ackAgeMs,
  resyncs: ({ state: { link } }) => link.fullResyncs + link.partialResyncs + link.refusedSyncs,
  offset: ({ state }) => state.masterOffset,
  lost: ({ state }) => state.missingBytes,
};

function compare(a: number | string, b: number | string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The links in the order of the state; equal ones by their ids, so that rows stay where they are. */
export function sortLinks(links: readonly LiveLink[], state: TopState): LiveLink[] {
  const value = VALUES[state.sort];
  const direction = state.descending ? -1 : 1;
  return links
    .map((link) => ({ link, value: value(link) }))
    .sort((a, b) => {
      const byId = compare(a.link.state.link.id, b.link.state.link.id);
      if (a.value === null || b.value === null) return a.value === b.value ? byId : a.value === null ? 1 : -1;
      return direction * compare(a.value, b.value) || byId;
    })
    .map(({ link }) => link);
}

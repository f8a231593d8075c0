import type { Change, Topology } from '../../analysis/topology/model.js';
import type { Sync } from '../../replication/model.js';
import { clockText } from '../time.js';
import { changeText } from '../topology/change-text.js';
import { nameText } from '../topology/node-text.js';
import { countText } from '../units.js';
import type { Axis } from './axis.js';
import type { Clock } from './clock.js';
import type { LoggedEvent } from './event-log.js';
import { FIRST_SENTENCES, LAST_SENTENCES } from './limits.js';
import type { RowTone, StoryItem } from './model.js';

/** As many sentences of one link that differ in their numbers alone are one. */
const SHORTEST_RUN = 3;

/** The same of several links: up to here each is named. */
const SHORTEST_RUN_OF_LINKS = 6;

/** What happened, in sentences: how the topology changed, what became of each request, where lag was high. In order of time. */
export function storyOf(
  topology: Topology,
  events: readonly LoggedEvent[],
  indexOf: (event: LoggedEvent) => number | null,
  axis: Axis,
  { zone, withDate }: Clock,
): StoryItem[] {
  const clock = (micros: number): string => clockText(micros, { zone, decimals: 3, withDate });
  // A change tells of the sync that it came with.
  const toldByChange = new Set(
    topology.changes.flatMap((change) => ('sync' in change ? [change.sync?.decidedAt] : [])),
  );
  const changes: StoryItem[] = topology.changes.map((change) => ({
    at: axis.micros(change.at),
    link: null,
    tone: changeTone(change),
    text: changeText(change, clock),
  }));
  const told = events
    .filter((event) => isToldOf(event, toldByChange))
    .map((event) => ({ item: itemOf(event, indexOf, axis), link: event.link?.id ?? '' }));
  const runs = runsOf(told, ({ item, link }) => `${link} ${alike(item.text)}`, SHORTEST_RUN);
  const items = [...changes.map((item) => [item]), ...runs.map((run) => run.map(({ item }) => item))].sort(
    ([a], [b]) => a!.at! - b!.at!,
  );
  const short = runsOf(
    items,
    ([first]) => (first!.tone === 'strong' ? `${first!.at}` : alike(first!.text)),
    SHORTEST_RUN_OF_LINKS,
  ).map((run) => inOne(run.flat(), (at) => clock(at + axis.from)));
  return shortened(short.sort((a, b) => a.at! - b.at!));
}

/** What stands for something that may differ: ids, counts, sizes, times, endpoints. */
const NUMBER = /[0-9a-f]{8}…|[0-9][0-9.,:]*( [kMGT]?B| m?s| min| h)?/g;

function alike(text: string): string {
  return text.replace(NUMBER, '#');
}

/** What has one key, together where it is at least `least`; in order of the first of each. */
function runsOf<T>(all: readonly T[], keyOf: (item: T) => string, least: number): T[][] {
  const runs = new Map<string, T[]>();
  for (const item of all) {
    const key = keyOf(item);
    const run = runs.get(key);
    if (run === undefined) runs.set(key, [item]);
    else run.push(item);
  }
  return [...runs.values()].flatMap((run) => (run.length < least ? run.map((item) => [item]) : [run]));
}

/** The first of a run stands for all. */
function inOne(run: readonly StoryItem[], clock: (at: number) => string): StoryItem {
  const [first] = run;
  if (run.length === 1) return first!;
  const last = clock(Math.max(...run.map(({ at }) => at!)));
  return {
    ...first!,
    text: `${first!.text} (the first of ${countText(run.length)} alike, the last at ${last})`,
  };
}

function isToldOf(event: LoggedEvent, toldByChange: ReadonlySet<number | null | undefined>): boolean {
  switch (event.event) {
    case 'sync.decided':
      return !toldByChange.has(event.at);
    case 'connection.closed':
      return event.why.includes('online') || event.tone === 'bad';
    case 'connection.joined':
    case 'lag.high':
    case 'lag.recovered':
    case 'encrypted':
      return true;
    case 'payload.finished':
      return event.tone === 'bad';
    default:
      return false;
  }
}

function itemOf(event: LoggedEvent, indexOf: (event: LoggedEvent) => number | null, axis: Axis): StoryItem {
  const { at, link, what, why, session } = event;
  // An orderly end says nothing yet: what follows does.
  const tone = event.event === 'connection.closed' && event.tone === 'warn' ? null : event.tone;
  const who = link === null ? '' : `${nameText(link.replica)} ← ${nameText(link.master)}: `;
  const number =
    event.event === 'sync.decided' && session !== null && session > 1 ? `session ${session}, ` : '';
  return {
    at: axis.micros(at),
    link: indexOf(event),
    tone,
    text: `${who}${number}${what}${why === '' ? '' : `, ${why}`}`,
  };
}

function changeTone(change: Change): RowTone {
  if (change.kind === 'left' || change.kind === 'refused') return 'bad';
  if (change.kind === 'present') return 'dim';
  if (change.kind === 'promoted') return 'strong';
  return 'sync' in change && change.sync !== null ? syncTone(change.sync) : 'warn';
}

/** A first full sync is nothing to worry about. */
function syncTone({ decision, cause, why }: Sync): RowTone {
  if (decision === 'CONTINUE') return 'good';
  return cause === 'first-sync' || cause === 'rdb-only' || why?.code.startsWith('first-') ? null : 'warn';
}

function shortened(items: StoryItem[]): StoryItem[] {
  const left = items.length - FIRST_SENTENCES - LAST_SENTENCES;
  if (left <= 1) return items;
  const text = `${countText(left)} more in the list of events`;
  return [
    ...items.slice(0, FIRST_SENTENCES),
    { at: null, link: null, tone: 'dim', text },
    ...items.slice(-LAST_SENTENCES),
  ];
}

import type { Change, Topology } from '../../analysis/topology/model.js';
import type { Sync } from '../../replication/model.js';
import type { SummaryDocument } from '../document.js';
import { severityCounts, worstFirst } from '../findings/severity.js';
import { clockText, type Zone } from '../time.js';
import { changeText } from '../topology/change-text.js';
import { nameText } from '../topology/node-text.js';
import { countText, durationText, plural } from '../units.js';
import type { Axis } from './axis.js';
import type { LoggedEvent } from './event-log.js';
import { FIRST_SENTENCES, LAST_SENTENCES } from './limits.js';
import type { ReportModel, RowTone, StoryItem } from './model.js';

/** Refusals in a row from which on they are one sentence. */
const SHORTEST_RUN = 3;

/** How times of day are written. */
export interface Clock {
  zone: Zone;
  withDate: boolean;
}

/** What stands above everything: one sentence of what matters most, and how many syncs there were. */
export function verdictOf(
  document: SummaryDocument,
  topology: Topology,
  clock: Clock,
): ReportModel['verdict'] {
  const { links, findings } = document;
  const sum = (count: (link: (typeof links)[number]) => number): number =>
    links.reduce((total, link) => total + count(link), 0);
  const full = sum(({ fullResyncs }) => fullResyncs);
  const partial = sum(({ partialResyncs }) => partialResyncs);
  const refused = sum(({ refusedSyncs }) => refusedSyncs);
  const facts = [
    plural(links.length, 'link'),
    plural(full, 'full sync'),
    plural(partial, 'partial resync'),
    refused > 0 ? plural(refused, 'refusal') : '',
    severityCounts(findings) || 'no findings',
  ];
  const worst = worstFirst(findings)[0];
  const isTrouble = worst !== undefined && worst.severity !== 'info';
  return {
    tone: isTrouble ? (worst.severity === 'error' ? 'bad' : 'warn') : 'good',
    headline: isTrouble ? firstClause(worst.message) : quietHeadline(document, topology, clock),
    facts: facts.filter(Boolean).join(' · '),
  };
}

/** A finding's message up to its first semicolon: what it is, without the arithmetic. */
function firstClause(message: string): string {
  const clause = message.split('; ')[0]!;
  return clause.charAt(0).toUpperCase() + clause.slice(1);
}

function quietHeadline(document: SummaryDocument, { changes }: Topology, { zone, withDate }: Clock): string {
  if (document.links.length === 0) return 'No replication link in this capture';
  const promoted = changes.find(({ kind }) => kind === 'promoted');
  if (promoted === undefined) return 'Nothing is wrong with these links';
  const after = changes.filter(
    ({ at, kind }) => at >= promoted.at && (kind === 'attached' || kind === 'moved'),
  );
  const syncs = after.flatMap((change) => ('sync' in change && change.sync !== null ? [change.sync] : []));
  const full = syncs.filter(({ decision }) => decision === 'FULLRESYNC' || decision === 'SYNC').length;
  const cost = full === 0 ? 'nobody needed a full sync' : `${plural(full, 'full sync')} followed`;
  const clock = clockText(promoted.at, { zone, decimals: 3, withDate });
  return `${nameText(promoted.node)} took over as master at ${clock}; ${cost}`;
}

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
  const told = new Set(
    topology.changes.flatMap((change) => ('sync' in change ? [change.sync?.decidedAt] : [])),
  );
  const items: StoryItem[] = topology.changes.map((change) => ({
    at: axis.micros(change.at),
    link: null,
    tone: changeTone(change),
    text: changeText(change, clock),
  }));
  let refusals: LoggedEvent[] = [];
  const endRefusals = (): void => {
    items.push(...refusalItems(refusals, indexOf, axis));
    refusals = [];
  };
  for (const event of events) {
    if (!isToldOf(event, told)) continue;
    if (event.event === 'sync.decided' && event.tone === 'bad') {
      const last = refusals.at(-1);
      if (last !== undefined && (last.link !== event.link || last.why !== event.why)) endRefusals();
      refusals.push(event);
      continue;
    }
    items.push(itemOf(event, indexOf, axis));
  }
  endRefusals();
  items.sort((a, b) => a.at! - b.at!);
  return shortened(items);
}

function isToldOf(event: LoggedEvent, told: ReadonlySet<number | null | undefined>): boolean {
  switch (event.event) {
    case 'sync.decided':
      return !told.has(event.at);
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

function refusalItems(
  run: readonly LoggedEvent[],
  indexOf: (event: LoggedEvent) => number | null,
  axis: Axis,
): StoryItem[] {
  if (run.length < SHORTEST_RUN) return run.map((event) => itemOf(event, indexOf, axis));
  const [first] = run;
  const item = itemOf(first!, indexOf, axis);
  const lasted = durationText((run.at(-1)!.at - first!.at) / 1000);
  return [{ ...item, text: `${item.text} (×${countText(run.length)} within ${lasted})` }];
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

import type { EventKind, EventRow, ReportModel } from '../model.js';

/** What is asked for in the list of events. */
export interface EventFilter {
  kinds: ReadonlySet<EventKind>;
  /** Index of a link; null: all of them. */
  link: number | null;
  /** Lower case; empty: whatever it says. */
  word: string;
}

/** The events that a filter leaves, in their order. */
export function matchingEvents(
  { events, links }: Pick<ReportModel, 'events' | 'links'>,
  { kinds, link, word }: EventFilter,
): EventRow[] {
  return events.filter(
    (event) =>
      kinds.has(event.kind) &&
      (link === null || event.link === link) &&
      (word === '' || textOf(event, links).includes(word)),
  );
}

/** What a search looks through: all that the row shows, and both ends of its link in full. */
function textOf(event: EventRow, links: ReportModel['links']): string {
  const id = event.link === null ? '' : (links[event.link]?.id ?? '');
  return `${id} ${event.kind} ${event.from ?? ''} ${event.what} ${event.why} ${event.packet}`.toLowerCase();
}

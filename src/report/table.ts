import { toAscii } from './ascii.js';
import type { LinkDocument, SummaryDocument } from './document.js';
import { type Column, fitTable } from './fit-table.js';
import { flow, renderLine } from './layout.js';
import {
  bytesOrUnknown,
  durationOrUnknown,
  endpointText,
  gapsText,
  nearEndpoint,
  offsetText,
  stateText,
} from './link-facts.js';
import { captureText } from './notes.js';
import { noteLines } from './notes-text.js';
import type { TextOptions } from './options.js';
import { countText, plural } from './units.js';

type LinkColumn = Column<LinkDocument>;

const link: LinkColumn = {
  head: 'link (master ← replica)',
  cell: ({ master, replica }) => `${endpointText(master)} ← ${nearEndpoint(master, replica)}`,
};
const tallLink: LinkColumn = {
  head: 'master\n ← replica',
  cell: ({ master, replica }) => `${endpointText(master, 26)}\n ← ${nearEndpoint(master, replica, 23)}`,
};
const state: LinkColumn = { head: 'state', cell: stateText };
const tallState: LinkColumn = { head: 'state', cell: (row) => stateText(row).replace(' by ', '\nby ') };
/** State and sessions in one column; who closed is left to the timeline. */
const stateAndSessions: LinkColumn = {
  head: 'state',
  cell: (row) => `${stateText(row).replace(/ by .*/, '')}\n${plural(row.sessions.length, 'session')}`,
};
const sessions: LinkColumn = { head: 'sessions', right: true, cell: (row) => countText(row.sessions.length) };
const full: LinkColumn = { head: 'full', right: true, cell: (row) => countText(row.fullResyncs) };
const partial: LinkColumn = { head: 'partial', right: true, cell: (row) => countText(row.partialResyncs) };
const refused: LinkColumn = { head: 'refused', right: true, cell: (row) => countText(row.refusedSyncs) };
/** The three counters in one column, in the order its head says. */
const syncs: LinkColumn = {
  head: 'full/part\n/refused',
  right: true,
  cell: (row) => [row.fullResyncs, row.partialResyncs, row.refusedSyncs].map(countText).join('/'),
};
const offset: LinkColumn = { head: 'offset', right: true, cell: offsetText };
const lag: LinkColumn = {
  head: 'lag now / max',
  right: true,
  cell: (row) => `${bytesOrUnknown(row.lag.lastBytes)} / ${bytesOrUnknown(row.lag.maxBytes)}`,
};
const tallLag: LinkColumn = {
  head: 'lag now\n/ max',
  right: true,
  cell: (row) => `${bytesOrUnknown(row.lag.lastBytes)}\n/ ${bytesOrUnknown(row.lag.maxBytes)}`,
};
const lagMs: LinkColumn = {
  head: 'max lag time',
  right: true,
  cell: (row) => durationOrUnknown(row.lag.maxMs),
};
const ack: LinkColumn = {
  head: 'ACK interval',
  right: true,
  cell: (row) => durationOrUnknown(row.lag.maxAckIntervalMs),
};
const offsetAndAck: LinkColumn = {
  head: 'offset\nACK interval',
  right: true,
  cell: (row) => `${offsetText(row)}\n${durationOrUnknown(row.lag.maxAckIntervalMs)}`,
};
const gaps: LinkColumn = { head: 'lost', right: true, cell: gapsText };

const tallGaps: LinkColumn = { head: 'lost', right: true, cell: (row) => gapsText(row).replace(' ', '\n') };

/** From rich to narrow; the first one that fits is used. */
const LAYOUTS: readonly (readonly LinkColumn[])[] = [
  [link, state, sessions, full, partial, refused, offset, lag, lagMs, ack, gaps],
  [link, state, sessions, full, partial, refused, offset, lag, ack, gaps],
  [tallLink, tallState, sessions, full, partial, refused, offset, lag, ack, gaps],
  [tallLink, stateAndSessions, syncs, offsetAndAck, tallLag, tallGaps],
];

/** The table of links for a terminal, with what the capture held and lacked below it. Ends without a newline. */
export function summaryTable(document: SummaryDocument, options: TextOptions): string {
  const lines =
    document.links.length === 0 ? [] : [...fitTable(document.links, LAYOUTS, LAYOUTS[1]!, options), ''];
  lines.push(
    ...flow([{ text: captureText(document, options.zone) }], options.width).map((row) =>
      options.chalk.dim(renderLine(row, options.width)),
    ),
    ...noteLines(document, options),
  );
  const text = lines.join('\n');
  return options.ascii ? toAscii(text) : text;
}

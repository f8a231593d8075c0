import { toAscii } from '../ascii.js';
import { type PlainColumn, plainColumns } from '../columns.js';
import type { SummaryDocument } from '../document.js';
import { escapeBytes, escapeText } from '../escape.js';
import { type Column, fitTable } from '../fit-table.js';
import { flow, renderLine } from '../layout.js';
import { durationOrUnknown, endpointText, nearEndpoint } from '../link-facts.js';
import { captureText } from '../notes.js';
import { noteLines } from '../notes-text.js';
import type { TextOptions } from '../options.js';
import { bytesText, countText } from '../units.js';
import type { LinkRatesDocument, RatesDocument, ShareDocument, SharesDocument } from './rates-document.js';

type RatesColumn = Column<LinkRatesDocument>;

const UNKNOWN = '–';
const NAME_COLUMNS = 60;

const offset = (count: number | null): string => (count === null ? UNKNOWN : countText(count));
const perSecond = (rate: number | null): string =>
  rate === null ? UNKNOWN : `${bytesText(Math.round(rate))}/s`;
const commandRate = (rate: number | null): string =>
  rate === null ? UNKNOWN : rate < 10 ? rate.toFixed(1) : countText(Math.round(rate));
const events = (row: LinkRatesDocument): string =>
  [row.fullResyncs, row.partialResyncs, row.reconnects, row.refusedSyncs].map(countText).join('/');

const link: RatesColumn = {
  head: 'link (master ← replica)',
  cell: ({ master, replica }) => `${endpointText(master)} ← ${nearEndpoint(master, replica)}`,
};
const state: RatesColumn = { head: 'state', cell: (row) => row.state };
const sent: RatesColumn = { head: 'offset', right: true, cell: (row) => offset(row.sentOffset) };
const acked: RatesColumn = { head: 'acknowledged', right: true, cell: (row) => offset(row.ackedOffset) };
const delay: RatesColumn = {
  head: 'delay p50 / p99',
  right: true,
  cell: ({ delay: { p50Ms, p99Ms } }) => `${durationOrUnknown(p50Ms)} / ${durationOrUnknown(p99Ms)}`,
};
const bytes: RatesColumn = {
  head: 'stream mean / peak',
  right: true,
  cell: ({ bytes: { perSecond: mean, peakPerSecond } }) => `${perSecond(mean)} / ${perSecond(peakPerSecond)}`,
};
const commands: RatesColumn = {
  head: 'commands/s mean / peak',
  right: true,
  cell: ({ commands: { perSecond: mean, peakPerSecond } }) =>
    `${commandRate(mean)} / ${commandRate(peakPerSecond)}`,
};
const payload: RatesColumn = {
  head: 'payload',
  right: true,
  cell: (row) => perSecond(row.payload.perSecond),
};
const sync: RatesColumn = { head: 'sync time', right: true, cell: (row) => durationOrUnknown(row.syncMs) };
const counters: RatesColumn = { head: 'full/part/reconn/refused', right: true, cell: events };

/** Master, replica and state below each other. */
const tallLink: RatesColumn = {
  head: 'master\n ← replica\nstate',
  cell: (row) =>
    `${endpointText(row.master, 22)}\n ← ${nearEndpoint(row.master, row.replica, 19)}\n${row.state.replace(/ by .*/, '')}`,
};
const tallOffsets: RatesColumn = {
  head: 'offset\nacknowledged\nfull/part/rec/ref',
  right: true,
  cell: (row) => `${offset(row.sentOffset)}\n${offset(row.ackedOffset)}\n${events(row)}`,
};
const tallDelay: RatesColumn = {
  head: 'delay p50\np99\nsync',
  right: true,
  cell: (row) =>
    `${durationOrUnknown(row.delay.p50Ms)}\n${durationOrUnknown(row.delay.p99Ms)}\n${durationOrUnknown(row.syncMs)}`,
};
const tallBytes: RatesColumn = {
  head: 'mean\npeak\npayload',
  right: true,
  cell: (row) =>
    [row.bytes.perSecond, row.bytes.peakPerSecond, row.payload.perSecond].map(perSecond).join('\n'),
};
const tallCommands: RatesColumn = {
  head: 'comm./s\npeak',
  right: true,
  cell: (row) => [row.commands.perSecond, row.commands.peakPerSecond].map(commandRate).join('\n'),
};

/** From rich to narrow; the first one that fits is used. */
const LAYOUTS: readonly (readonly RatesColumn[])[] = [
  [link, state, sent, acked, delay, bytes, commands, payload, sync, counters],
  [tallLink, tallOffsets, tallDelay, tallBytes, tallCommands],
];

const SHARE_COLUMNS: readonly PlainColumn[] = [
  { head: 'share', right: true },
  { head: 'bytes', right: true },
  { head: 'commands', right: true },
  { head: 'of' },
];

/** Tables of links and, where they were counted, of their shares. Ends without a newline. */
export function ratesText(rates: RatesDocument, summary: SummaryDocument, options: TextOptions): string {
  const { chalk, width } = options;
  const lines: string[] = [];
  if (rates.links.length > 0) lines.push(...fitTable(rates.links, LAYOUTS, LAYOUTS[0]!, options), '');
  for (const row of rates.links)
    if (row.shares !== null) lines.push(...shareLines(row, row.shares, rates, options));
  lines.push(
    ...flow([{ text: captureText(summary, options.zone) }], width).map((row) =>
      chalk.dim(renderLine(row, width)),
    ),
    ...noteLines(summary, options),
  );
  const text = lines.join('\n');
  return options.ascii ? toAscii(text) : text;
}

function shareLines(
  row: LinkRatesDocument,
  shares: SharesDocument,
  { by }: RatesDocument,
  options: TextOptions,
): string[] {
  const { chalk, width } = options;
  const title = flow(
    [
      { text: link.cell(row), paint: chalk.bold },
      {
        text: `${bytesText(row.bytes.total)} of stream by ${by === 'db' ? 'database' : by === 'prefix' ? 'key prefix' : 'command'}`,
        before: '   ',
      },
    ],
    width,
  ).map((line) => renderLine(line, width));
  const rows = shares.rows.map((share) => [
    percent(share.share),
    `${share.errorBytes > 0 ? '≤ ' : ''}${bytesText(share.bytes)}`,
    countText(share.commands),
    nameText(share),
  ]);
  const { other, uncountedBytes, errorBytes } = shares;
  if (other.bytes > 0 || other.commands > 0) {
    const count = other.rows === null ? '' : ` ${countText(other.rows)} more`;
    rows.push([
      percent(row.bytes.total === 0 ? 0 : other.bytes / row.bytes.total),
      bytesText(other.bytes),
      countText(other.commands),
      `(other)${count}`,
    ]);
  }
  if (uncountedBytes > 0)
    rows.push([
      percent(uncountedBytes / row.bytes.total),
      bytesText(uncountedBytes),
      UNKNOWN,
      '(not decoded)',
    ]);
  const notes =
    errorBytes === 0
      ? []
      : flow(
          [
            {
              text: `more different ones than are counted apart: no row above is too high by more than ${bytesText(errorBytes)}, none that is left out has more`,
            },
          ],
          width,
        ).map((line) => chalk.dim(renderLine(line, width)));
  return [...title, ...plainColumns(SHARE_COLUMNS, rows, width, chalk), ...notes, ''];
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

/** Safe to print: keys are what clients like. */
function nameText({ name, nameBase64, what }: ShareDocument): string {
  switch (what) {
    case 'no-key':
      return '(no key)';
    case 'no-prefix':
      return '(no prefix)';
    case 'unknown-db':
      return '(database not known)';
    case 'db':
      return `db ${name}`;
    default:
      return nameBase64 === null
        ? escapeText(name ?? '', NAME_COLUMNS)
        : escapeBytes(Buffer.from(nameBase64, 'base64'), NAME_COLUMNS);
  }
}

import { toAscii } from '../ascii.js';
import type { TextOptions } from '../options.js';
import { clockText, dayText } from '../time.js';
import { plural } from '../units.js';
import { cutToWidth, padLeft, padRight } from '../width.js';
import { cutStart, linkName } from './link-name.js';
import type { LiveLink, LiveSnapshot } from './model.js';

/**
 * `--stat`: one plain line an interval and link, after the manner of `redis-cli --stat`. Cells hold no blanks and numbers no units, so
 * that a log of these lines can be searched with grep and cut with awk. `-` is what is not known. ASCII only.
 */

/** Lines of links between two headers. */
const HEADER_EVERY = 20;

/** Links of one interval; further ones are counted in a line. */
export const MAX_STAT_LINKS = 200;

/** Columns of a link's name at most, and those for which other columns go; longer names lose their beginning. */
const LINK_COLUMNS = 96;
const WANTED_LINK_COLUMNS = 40;
const LEAST_LINK_COLUMNS = 16;

interface Column {
  head: string;
  /** Least width; wider cells push the rest of their line to the right. */
  columns: number;
  left?: boolean;
  /** Columns are left out on narrow lines, the highest of these first; 0 never. */
  drop: number;
  cell: (link: LiveLink, snapshot: LiveSnapshot) => string;
}

const UNKNOWN = '-';

function whole(value: number | null): string {
  return value === null ? UNKNOWN : value.toFixed(0);
}

function seconds(ms: number | null): string {
  return ms === null ? UNKNOWN : (ms / 1000).toFixed(1);
}

const COLUMNS: readonly Column[] = [
  { head: 'phase', columns: 9, left: true, drop: 0, cell: ({ state }) => state.phase },
  {
    head: 'offset',
    columns: 12,
    drop: 4,
    cell: ({ state }) => `${state.isInferred ? '~' : ''}${whole(state.masterOffset)}`,
  },
  { head: '+bytes/s', columns: 9, drop: 3, cell: ({ rate }) => whole(rate.bytesPerSecond) },
  { head: 'cmds/s', columns: 7, drop: 6, cell: ({ rate }) => whole(rate.commandsPerSecond) },
  { head: 'lag-bytes', columns: 9, drop: 0, cell: ({ state }) => whole(state.lagBytes) },
  { head: 'lag-ms', columns: 7, drop: 0, cell: ({ state }) => whole(state.lagMs) },
  { head: 'ack-s', columns: 6, drop: 1, cell: ({ state }) => seconds(state.ackAgeMs) },
  {
    head: 'full/part',
    columns: 9,
    drop: 2,
    cell: ({ state }) => `${state.link.fullResyncs}/${state.link.partialResyncs}`,
  },
  { head: 'refused', columns: 7, drop: 8, cell: ({ state }) => String(state.link.refusedSyncs) },
  { head: 'gaps', columns: 5, drop: 5, cell: ({ state }) => String(state.gaps) },
  { head: 'drops', columns: 6, drop: 7, cell: (_, { capture }) => whole(capture.kernelDrops) },
];

const GAP = '  ';

export class StatLines {
  readonly #options: Pick<TextOptions, 'width' | 'zone'>;
  readonly #withDate: boolean;
  /** Widths so far: they only grow, so that lines stay under each other. */
  readonly #widths = new Map<Column, number>(COLUMNS.map((column) => [column, column.columns]));
  #linkColumns = LEAST_LINK_COLUMNS;
  #sinceHeader = HEADER_EVERY;
  #layout = '';

  /** @param options `width`: no line is wider; Infinity for logs. */
  constructor(options: Pick<TextOptions, 'width' | 'zone'>) {
    this.#options = options;
    // A log runs over days; on a terminal the day is known.
    this.#withDate = options.width >= 150;
  }

  /** The lines of one interval, without newlines; a header among them when one is due. */
  lines(snapshot: LiveSnapshot): string[] {
    const time = this.#time(snapshot.now);
    if (snapshot.links.length === 0) return [this.#cut(`# ${time} ${nothingText(snapshot)}`)];
    const shown = snapshot.links.slice(0, MAX_STAT_LINKS);
    const rows = shown.map((link) => ({
      name: statName(link),
      cells: new Map(COLUMNS.map((column) => [column, column.cell(link, snapshot)])),
    }));
    for (const { name, cells } of rows) this.#grow(name, cells);
    const columns = this.#choose();
    const lines: string[] = [];
    for (const { name, cells } of rows) {
      if (this.#sinceHeader >= HEADER_EVERY) {
        lines.push(this.#line('time', 'link', columns, (column) => column.head));
        this.#sinceHeader = 0;
      }
      lines.push(this.#line(time, name, columns, (column) => cells.get(column)!));
      this.#sinceHeader++;
    }
    const more = snapshot.links.length - shown.length + snapshot.leftOut;
    if (more > 0) lines.push(this.#cut(`# ${time} and ${plural(more, 'more link')}`));
    return lines;
  }

  #grow(name: string, cells: ReadonlyMap<Column, string>): void {
    this.#linkColumns = Math.max(this.#linkColumns, Math.min(name.length, LINK_COLUMNS));
    for (const [column, cell] of cells)
      this.#widths.set(column, Math.max(this.#widths.get(column)!, cell.length));
  }

  /** Columns that fit beside the names. A header follows when they are not those of the line before. */
  #choose(): readonly Column[] {
    const { width } = this.#options;
    const wanted = Math.min(this.#linkColumns, WANTED_LINK_COLUMNS);
    let columns = COLUMNS;
    while (this.#around(columns) + wanted > width && columns.some((column) => column.drop > 0)) {
      const worst = columns.reduce((most, column) => Math.max(most, column.drop), 0);
      columns = columns.filter((column) => column.drop !== worst);
    }
    const layout = [this.#linkColumns, ...columns.map((column) => this.#widths.get(column))].join(' ');
    if (layout !== this.#layout) this.#sinceHeader = HEADER_EVERY;
    this.#layout = layout;
    return columns;
  }

  /** Columns that a line takes besides its link's name. */
  #around(columns: readonly Column[]): number {
    return columns.reduce(
      (sum, column) => sum + GAP.length + this.#widths.get(column)!,
      this.#timeColumns() + GAP.length,
    );
  }

  #line(time: string, name: string, columns: readonly Column[], cell: (column: Column) => string): string {
    const cells = columns.map((column) => {
      const width = this.#widths.get(column)!;
      return column.left ? padRight(cell(column), width) : padLeft(cell(column), width);
    });
    const room = Math.max(LEAST_LINK_COLUMNS, this.#options.width - this.#around(columns));
    const linkColumns = Math.min(this.#linkColumns, room);
    const link = padRight(toAscii(cutStart(name, linkColumns)), linkColumns);
    return this.#cut([padRight(time, this.#timeColumns()), link, ...cells].join(GAP).trimEnd());
  }

  #cut(line: string): string {
    return toAscii(cutToWidth(line, this.#options.width));
  }

  #timeColumns(): number {
    return this.#withDate ? 20 : 8;
  }

  #time(now: number): string {
    const { zone } = this.#options;
    const clock = clockText(now, { zone, decimals: 3, withDate: false }).slice(0, 8);
    return this.#withDate ? `${dayText(now, zone)}T${clock}${zone === 'utc' ? 'Z' : ''}` : clock;
  }
}

/** `127.0.0.1:6380<-:6381`: without blanks, whatever a replica announced. */
function statName({ state: { link } }: LiveLink): string {
  return toAscii(linkName(link).replace(' ← ', '<-')).replaceAll(' ', '\\x20');
}

function nothingText({ capture, ignored }: LiveSnapshot): string {
  const tls = ignored.encryptedConnections > 0 ? `, ${ignored.encryptedConnections} of them TLS` : '';
  return `no replication link: ${plural(capture.packets, 'packet')}, ${plural(ignored.connections, 'other connection')}${tls}`;
}

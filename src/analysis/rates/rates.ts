import type { Link, Session } from '../../replication/model.js';
import type { CommandCounter, TrafficObserver } from '../../replication/observer.js';
import { prefixOf } from './key-prefix.js';
import { MAX_ROWS, MAX_TABLES } from './limits.js';
import { SecondPeak } from './second-peak.js';
import { type Counted, SpaceSaving } from './space-saving.js';

/** What shares are counted by. */
export type ShareKind = 'command' | 'db' | 'prefix';

/** The database of commands behind a hole, or of a stream joined midway. */
export const UNKNOWN_DATABASE = '?';

/** Fullest seconds of a link's streams. Times in µs. */
export interface LinkPeaks {
  bytes: number;
  bytesAt: number | null;
  commands: number;
  commandsAt: number | null;
}

/** Shares of a link's streams; `rows` the heaviest first. */
export interface LinkShares {
  rows: Counted[];
  /** All that was counted. */
  bytes: number;
  commands: number;
  /** False: there were more different rows than are kept, so that bytes may be too high by each row's error. */
  isExact: boolean;
}

interface LinkCounts {
  /** Of the link, whichever that is by the end. */
  session: Session;
  bytes: SecondPeak;
  commands: SecondPeak;
  shares: SpaceSaving | null;
}

/** Counts the commands of all streams by seconds and, when asked, by command, database or key prefix. Costs a call a command. */
export class RateObserver implements TrafficObserver {
  readonly #kind: ShareKind | null;
  readonly #separator: Uint8Array;
  readonly #counts = new Map<Link, LinkCounts>();
  #tables = 0;

  /** @param kind null: no shares. @param separator between a key's prefix and its rest; not empty. */
  constructor(kind: ShareKind | null, separator: Uint8Array = Buffer.from(':')) {
    this.#kind = kind;
    this.#separator = separator;
  }

  counter(session: Session): CommandCounter {
    // Its link is known when the first byte comes, not before.
    let counts: LinkCounts | null = null;
    return {
      sent: (bytes, time) => {
        counts ??= this.#countsOf(session);
        counts.bytes.add(bytes, time);
      },
      command: (name, bytes, from, kept, length, database, time) => {
        counts ??= this.#countsOf(session);
        counts.commands.add(1, time);
        counts.shares?.add(this.#row(name, bytes, from, kept, database), length);
      },
    };
  }

  peaks(link: Link): LinkPeaks {
    const peaks: LinkPeaks = { bytes: 0, bytesAt: null, commands: 0, commandsAt: null };
    for (const { bytes, commands } of this.#of(link)) {
      if (bytes.most > peaks.bytes) Object.assign(peaks, { bytes: bytes.most, bytesAt: bytes.mostAt });
      if (commands.most > peaks.commands)
        Object.assign(peaks, { commands: commands.most, commandsAt: commands.mostAt });
    }
    return peaks;
  }

  /** null where they were not asked for, or not counted. */
  shares(link: Link): LinkShares | null {
    const tables = this.#of(link).flatMap(({ shares }) => (shares === null ? [] : [shares]));
    if (tables.length === 0) return null;
    const rows = new Map<string, Counted>();
    for (const counted of tables.flatMap((table) => table.all())) {
      const row = rows.get(counted.key);
      if (row === undefined) rows.set(counted.key, counted);
      else {
        row.bytes += counted.bytes;
        row.commands += counted.commands;
        row.error += counted.error;
      }
    }
    return {
      rows: [...rows.values()].sort((a, b) => b.bytes - a.bytes || (a.key < b.key ? -1 : 1)),
      bytes: tables.reduce((sum, table) => sum + table.bytes, 0),
      commands: tables.reduce((sum, table) => sum + table.commands, 0),
      isExact: tables.every((table) => table.isExact),
    };
  }

  /** More than one where a link turned out to be the past of another. */
  #of(link: Link): LinkCounts[] {
    const found: LinkCounts[] = [];
    for (const counts of this.#counts.values()) if (counts.session.link === link) found.push(counts);
    return found;
  }

  #countsOf(session: Session): LinkCounts {
    let counts = this.#counts.get(session.link);
    if (counts === undefined) {
      const hasTable = this.#kind !== null && this.#tables < MAX_TABLES;
      if (hasTable) this.#tables++;
      const shares = hasTable ? new SpaceSaving(MAX_ROWS) : null;
      counts = { session, bytes: new SecondPeak(), commands: new SecondPeak(), shares };
      this.#counts.set(session.link, counts);
    }
    return counts;
  }

  #row(name: string, bytes: Uint8Array, from: number, kept: number, database: number | null): string {
    if (this.#kind === 'command') return name;
    if (this.#kind === 'db') return database === null ? UNKNOWN_DATABASE : String(database);
    return prefixOf(name, bytes, from, from + kept, this.#separator);
  }
}

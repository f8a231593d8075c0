import { Chalk } from 'chalk';
import type { ReplicationEvent } from '../../replication/events.js';
import type { Link } from '../../replication/model.js';
import { eventText } from '../../report/event-text.js';
import type { Zone } from '../../report/time.js';

/** Lines kept of a link, and links of which lines are kept. */
const LINES = 8;
const MAX_LINKS = 500;

/** Columns of a line: with the indentation of a report it stays below 80. */
const COLUMNS = 72;

/** Too many of them, and they say little. */
const LEFT_OUT = new Set(['ack', 'getack', 'stream.command', 'stream.keepalive']);

/** The latest events of each link as lines, to show what an event came after. */
export class EventContext {
  readonly #lines = new Map<Link, string[]>();
  readonly #options: Parameters<typeof eventText>[1];

  constructor(zone: Zone) {
    this.#options = { zone, width: COLUMNS, chalk: new Chalk({ level: 0 }), ascii: false, showLink: false };
  }

  add(event: ReplicationEvent): void {
    if (event.event === 'encrypted' || LEFT_OUT.has(event.event)) return;
    let lines = this.#lines.get(event.link);
    if (lines === undefined) {
      if (this.#lines.size >= MAX_LINKS) return;
      lines = [];
      this.#lines.set(event.link, lines);
    }
    const text = eventText(event, this.#options);
    if (text === null) return;
    lines.push(text);
    if (lines.length > LINES) lines.shift();
  }

  /** The latest lines of a link, oldest first. */
  of(link: Link | null): string[] {
    return link === null ? [] : (this.#lines.get(link) ?? []).flatMap((text) => text.split('\n'));
  }
}

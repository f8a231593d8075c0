import type { ReplicationEvent } from '../../replication/events.js';
import type { EventOptions } from '../event-options.js';
import { eventText } from '../event-text.js';

/** Links whose events are kept, and events of each: what a screen can show. */
export const MAX_EVENT_LINKS = 500;
export const MAX_EVENTS_PER_LINK = 40;

/** Wider than any terminal: a screen cuts for itself. */
const EVENT_COLUMNS = 240;

/** The latest events of each link as plain lines, for the screen of `--top`. */
export class RecentEvents {
  readonly #lines = new Map<string, string[]>();
  readonly #options: EventOptions;

  /** @param options `chalk` of level 0, as the screen cuts these lines. */
  constructor(options: Pick<EventOptions, 'chalk' | 'zone'>) {
    this.#options = { ...options, width: EVENT_COLUMNS, ascii: false, showLink: false };
  }

  add(event: ReplicationEvent): void {
    if (event.event === 'encrypted' || event.event === 'stream.keepalive') return;
    const line = eventText(event, this.#options);
    if (line === null) return;
    const { id } = event.link;
    const lines = this.#lines.get(id) ?? [];
    // The link that spoke last stands last: the first one is the one to forget.
    this.#lines.delete(id);
    this.#lines.set(id, lines);
    lines.push(line);
    if (lines.length > MAX_EVENTS_PER_LINK) lines.shift();
    if (this.#lines.size > MAX_EVENT_LINKS) this.#lines.delete(this.#lines.keys().next().value!);
  }

  /** Lines of a link, the latest last. */
  of(link: string): readonly string[] {
    return this.#lines.get(link) ?? [];
  }
}

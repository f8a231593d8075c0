import type { ReplicationEvent } from '../../replication/events.js';
import { type EventOptions, PLAIN_WHO } from '../event-options.js';
import { type EventWords, eventWords } from '../event-text.js';
import { clockText } from '../time.js';
import { padRight } from '../width.js';

/** Links whose events are kept, and events of each: what a screen can show. */
export const MAX_EVENT_LINKS = 500;
export const MAX_EVENTS_PER_LINK = 40;

/** Columns of what happened, before what it means. */
const WHAT_COLUMNS = 28;

/** From here on a screen has room for an event as the other commands print it. */
const WIDE = 120;

/** An event as it is kept: what is not drawn need not be laid out. */
interface Told {
  time: number;
  words: EventWords;
}

/** The latest events of each link, for the screen of `--top`. */
export class RecentEvents {
  readonly #events = new Map<string, Told[]>();
  readonly #options: EventOptions;

  /** @param options `chalk` of level 0, as the screen cuts these lines. */
  constructor(options: Pick<EventOptions, 'chalk' | 'zone'>) {
    this.#options = { ...options, width: Number.POSITIVE_INFINITY, ascii: false, showLink: false };
  }

  add(event: ReplicationEvent): void {
    if (event.event === 'encrypted' || event.event === 'stream.keepalive' || event.event === 'stream.command')
      return;
    const words = eventWords(event, this.#options);
    if (words === null) return;
    const { id } = event.link;
    const events = this.#events.get(id) ?? [];
    // The link that spoke last stands last: the first one is the one to forget.
    this.#events.delete(id);
    this.#events.set(id, events);
    events.push({ time: event.time, words });
    if (events.length > MAX_EVENTS_PER_LINK) events.shift();
    if (this.#events.size > MAX_EVENT_LINKS) this.#events.delete(this.#events.keys().next().value!);
  }

  /** Lines of a link, the latest last, for a screen of this width; longer ones are to be cut. */
  of(link: string, width: number): string[] {
    return (this.#events.get(link) ?? []).map((told) => line(told, width, this.#options));
  }
}

/** On a narrow screen without fractions of seconds and without columns: what happened is what the room is for. */
function line({ time, words: { from, what, why } }: Told, width: number, options: EventOptions): string {
  const isWide = width >= WIDE;
  const clock = clockText(time, { zone: options.zone, decimals: isWide ? 6 : 3, withDate: false });
  const to = from === 'master' ? 'replica' : 'master';
  const who = isWide ? `${from} → ${to}`.padEnd(PLAIN_WHO) : `→ ${to}`.padEnd('→ replica'.length);
  const head = `${isWide ? clock : clock.slice(0, 8)}  ${who}  ${isWide && why !== '' ? padRight(what, WHAT_COLUMNS) : what}`;
  return why === '' ? head : `${head}  ${why}`;
}

import { Chalk } from 'chalk';
import type { ReplicationEvent } from '../../replication/events.js';
import type { Link } from '../../replication/model.js';
import { escapeText } from '../escape.js';
import { eventWords } from '../event-text.js';
import type { Zone } from '../time.js';
import { FIRST_EVENTS, LAST_EVENTS } from './limits.js';
import type { EventKind, EventRow } from './model.js';

/** An event in words; times still in µs since the epoch, its link not yet a number. */
export interface LoggedEvent extends Omit<EventRow, 'link'> {
  event: ReplicationEvent['event'];
  link: Link | null;
}

const KINDS: Record<ReplicationEvent['event'], EventKind | null> = {
  'connection.opened': 'connection',
  'connection.joined': 'connection',
  'connection.closed': 'connection',
  'handshake.command': 'handshake',
  'handshake.reply': 'handshake',
  'sync.requested': 'decision',
  'sync.decided': 'decision',
  'payload.started': 'payload',
  'payload.finished': 'payload',
  'stream.started': 'stream',
  'stream.command': null,
  'stream.keepalive': null,
  ack: null,
  getack: null,
  'lag.high': 'lag',
  'lag.recovered': 'lag',
  gap: 'capture',
  resync: 'capture',
  encrypted: 'capture',
  finding: 'finding',
};

const ENDPOINT_COLUMNS = 47;

/** Events in words as they happen: the first and the latest ones, so that it does not grow with the capture. */
export class EventLog {
  /** Events that are in neither part. */
  leftOut = 0;
  readonly #first: LoggedEvent[] = [];
  /** A ring; `#next` is its oldest once it is full. */
  readonly #last: LoggedEvent[] = [];
  #next = 0;
  readonly #options: Parameters<typeof eventWords>[1];
  readonly #keepLink: (link: Link) => boolean;

  constructor(zone: Zone, keepLink: ((link: Link) => boolean) | undefined) {
    this.#options = { width: 1000, chalk: new Chalk({ level: 0 }), ascii: false, zone, showLink: true };
    this.#keepLink = keepLink ?? (() => true);
  }

  event(event: ReplicationEvent): void {
    const kind = KINDS[event.event];
    if (kind === null || (event.event !== 'encrypted' && !this.#keepLink(event.link))) return;
    const logged = event.event === 'encrypted' ? encryptedEvent(event) : this.#logged(event, kind);
    if (logged === null) return;
    if (this.#first.length < FIRST_EVENTS) this.#first.push(logged);
    else if (this.#last.length < LAST_EVENTS) this.#last.push(logged);
    else {
      this.#last[this.#next] = logged;
      this.#next = (this.#next + 1) % LAST_EVENTS;
      this.leftOut++;
    }
  }

  /** In the order in which they happened. */
  all(): LoggedEvent[] {
    return [...this.#first, ...this.#last.slice(this.#next), ...this.#last.slice(0, this.#next)];
  }

  #logged(event: Exclude<ReplicationEvent, { event: 'encrypted' }>, kind: EventKind): LoggedEvent | null {
    const words = eventWords(event, this.#options);
    if (words === null) return null;
    return {
      event: event.event,
      at: event.time,
      link: event.link,
      session: event.session.number,
      kind,
      from: words.from,
      what: words.what,
      why: words.why,
      tone: words.tone ?? null,
      packet: event.packet,
    };
  }
}

function encryptedEvent(event: Extract<ReplicationEvent, { event: 'encrypted' }>): LoggedEvent {
  const [master, client] = [event.master, event.client].map((end) => escapeText(end, ENDPOINT_COLUMNS));
  return {
    event: event.event,
    at: event.time,
    link: null,
    session: null,
    kind: 'capture',
    from: null,
    what: 'TLS',
    why: `${master} ← ${client}: the content of this connection cannot be read`,
    tone: 'warn',
    packet: event.packet,
  };
}

import type { ReplicationEvent } from '../replication/events.js';
import type { Link, Session } from '../replication/model.js';
import { toAscii } from './ascii.js';
import { type EventOptions, PLAIN_WHO, type Side, timeText, whoText } from './event-options.js';
import { eventText } from './event-text.js';
import { renderLine } from './layout.js';
import { endpointText } from './link-facts.js';
import { countText, durationText } from './units.js';
import { displayWidth, padRight } from './width.js';

interface Run {
  session: Session;
  from: Side;
  count: number;
  firstAt: number;
  lastAt: number;
}

/**
 * Events as lines, as they happen. Remembers three things: keepalive newlines, which come once a second while a snapshot is
 * made and become one line when something else happens in their session; the first link, which is named once and whose lines then say
 * `master` and `replica` until there is a second one; and the width of the endpoints, so that the columns of several links stand
 * under each other.
 */
export class EventPrinter {
  readonly #runs = new Map<Session, Run>();
  #whoColumns = 0;
  #firstLink: Link | null = null;
  options: EventOptions;

  /** `write` gets each line without its newline. `options.showLink` names the links from the beginning. */
  constructor(
    options: EventOptions,
    readonly write: (line: string) => void,
  ) {
    this.options = options;
  }

  print(event: ReplicationEvent): void {
    if (event.event !== 'encrypted') {
      this.#nameLink(event.link);
      if (this.options.showLink) {
        const width = displayWidth(whoText(event.link, 'master', this.options));
        this.#whoColumns = Math.max(this.#whoColumns, width);
      }
      if (event.event === 'stream.keepalive') {
        this.#keepalive(event.session, event.from, event.time);
        return;
      }
    }
    const line = eventText(event, { ...this.options, whoColumns: this.#whoColumns });
    if (line === null) return;
    if (event.event !== 'encrypted') this.#flush(event.session);
    this.write(line);
  }

  /** The first link gets a line of its own; from the second one on every line names its link. */
  #nameLink(link: Link): void {
    if (this.options.showLink || this.#firstLink === link) return;
    if (this.#firstLink !== null) {
      this.options = { ...this.options, showLink: true };
      return;
    }
    this.#firstLink = link;
    const { chalk, width, ascii } = this.options;
    const line = renderLine(
      [{ text: `${endpointText(link.master)} → ${endpointText(link.replica)}`, paint: chalk.bold }],
      width,
    );
    this.write(ascii ? toAscii(line) : line);
  }

  /** To be called when no more events come. */
  end(): void {
    for (const session of [...this.#runs.keys()]) this.#flush(session);
  }

  #keepalive(session: Session, from: Side, time: number): void {
    const run = this.#runs.get(session);
    if (run?.from === from) {
      run.count++;
      run.lastAt = time;
      return;
    }
    this.#flush(session);
    this.#runs.set(session, { session, from, count: 1, firstAt: time, lastAt: time });
  }

  #flush(session: Session): void {
    const run = this.#runs.get(session);
    if (run === undefined) return;
    this.#runs.delete(session);
    const { chalk, width, ascii } = this.options;
    const who = whoText(session.link, run.from, { ...this.options, whoColumns: this.#whoColumns });
    const what = run.count === 1 ? 'keepalive newline' : `${countText(run.count)} keepalive newlines`;
    const span = run.count === 1 ? '' : ` over ${durationText((run.lastAt - run.firstAt) / 1000)}`;
    const head = `${timeText(run.lastAt, this.options)}  ${padRight(who, this.options.showLink ? 0 : PLAIN_WHO)}   `;
    const line = renderLine([{ text: `${head}${what}${span}`, paint: chalk.dim }], width);
    this.write(ascii ? toAscii(line) : line);
  }
}

import type { ReplicationEvent } from '../replication/events.js';
import type { Session } from '../replication/model.js';
import { toAscii } from './ascii.js';
import { type EventOptions, PLAIN_WHO, type Side, timeText, whoText } from './event-options.js';
import { eventText } from './event-text.js';
import { renderLine } from './layout.js';
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
 * Events as lines, as they happen. Remembers two things: keepalive newlines, which come once a second while a snapshot is
 * made and become one line when something else happens in their session; and the width of the endpoints, so that the
 * columns of several links stand under each other.
 */
export class EventPrinter {
  readonly #runs = new Map<Session, Run>();
  #whoColumns = 0;

  /** `write` gets each line without its newline. */
  constructor(
    readonly options: EventOptions,
    readonly write: (line: string) => void,
  ) {}

  print(event: ReplicationEvent): void {
    if (event.event !== 'encrypted') {
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

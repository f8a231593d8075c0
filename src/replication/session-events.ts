import { readArguments } from '../resp/arguments.js';
import type { Context } from './context.js';
import type { ReplicationEvent } from './events.js';
import type { LimitCounts } from './limit-counts.js';
import { MAX_EVENT_ARGUMENT_BYTES, MAX_EVENT_ARGUMENTS, MAX_HELD_EVENTS } from './limits.js';
import type { Link, Session } from './model.js';
import { hideArguments } from './redact.js';

type Own<Event> = Event extends { session: Session }
  ? Omit<Event, 'time' | 'packet' | 'link' | 'session'>
  : never;

/** An event of a session without what all of them carry. */
export type SessionEvent = Own<ReplicationEvent>;

/** Events of one session. They are held back until its connection is known to be a link. */
export class SessionEvents {
  /** False when nobody listens: then nothing needs to be prepared for an event. */
  readonly wanted: boolean;
  readonly #context: Context;
  readonly #session: Session;
  #held: ReplicationEvent[] | null = [];

  constructor(context: Context, session: Session) {
    this.#context = context;
    this.#session = session;
    this.wanted = context.emit !== null;
  }

  get limits(): LimitCounts {
    return this.#context.limits;
  }

  get isHolding(): boolean {
    return this.#held !== null;
  }

  emit(time: number, packet: number, event: SessionEvent): void {
    if (this.#context.emit === null) return;
    if ((this.#held?.length ?? 0) >= MAX_HELD_EVENTS) {
      this.#context.limits.heldEvents++;
      return;
    }
    const session = this.#session;
    const whole = { time, packet, link: session.link, session, ...event } as ReplicationEvent;
    if (this.#held === null) this.#context.emit(whole);
    else this.#held.push(whole);
  }

  /** A bare newline between requests, replies or commands: counted, and told. */
  keepalive(from: 'master' | 'replica', time: number, packet: number): void {
    this.#session.stream.keepaliveNewlines++;
    this.emit(time, packet, { event: 'stream.keepalive', from });
  }

  /** The session belongs to `link`: lets go what was held back. */
  release(link: Link): void {
    const held = this.#held ?? [];
    this.#held = null;
    for (const event of held) {
      if (event.event !== 'encrypted') event.link = link;
      this.#context.emit?.(event);
    }
  }

  /** A command of the stream, its leading arguments copied out of bytes[from, from + kept). */
  command(
    from: 'master' | 'replica',
    bytes: Uint8Array,
    at: number,
    kept: number,
    length: number,
    offset: number | null,
    lagBytes: number | null,
    time: number,
    packet: number,
  ): void {
    if (!this.#context.wantCommands) return;
    const list = readArguments(bytes, at, at + kept, MAX_EVENT_ARGUMENTS);
    const args: Uint8Array[] = [];
    for (let i = 0; i < list.ranges.length; i += 2) {
      const start = list.ranges[i]!;
      const end = Math.min(list.ranges[i + 1]!, start + MAX_EVENT_ARGUMENT_BYTES);
      args.push(new Uint8Array(bytes.subarray(start, end))); // slice() of a Buffer would not copy
    }
    hideArguments(args, bytes, list);
    this.emit(time, packet, {
      event: 'stream.command',
      from,
      args,
      argCount: list.count,
      bytes: length,
      offset,
      lagBytes,
    });
  }
}

import type { Link } from '../replication/model.js';
import { endpointText, nearEndpoint } from './link-facts.js';
import type { TextOptions } from './options.js';
import { clockText } from './time.js';
import { padRight } from './width.js';

export interface EventOptions extends TextOptions {
  /** Name the link's endpoints in each line; else lines say `master` and `replica`. */
  showLink: boolean;
  /** The day before the time, for captures that span several. */
  withDate?: boolean;
  /** Show each ACK and GETACK. */
  acks?: boolean;
  /** Show the replies that only say that all is well (`+OK`, `+PONG`). */
  replies?: boolean;
  /** Show stream commands, in the manner of ngrep. */
  commands?: boolean;
  /** Columns for the endpoints; wider ones push their line to the right. */
  whoColumns?: number;
}

export type Side = 'master' | 'replica';

/** Columns of `replica → master`. */
export const PLAIN_WHO = 16;

/** Time of an event with microseconds. */
export function timeText(micros: number, options: EventOptions): string {
  return clockText(micros, { zone: options.zone, decimals: 6, withDate: options.withDate ?? false });
}

/**
 * Who spoke to whom. With the link shown each side keeps its place and the arrow turns, so that lines can be compared
 * going down; without it the speaker comes first.
 */
export function whoText(link: Link, from: Side, options: EventOptions): string {
  if (!options.showLink) return from === 'master' ? 'master → replica' : 'replica → master';
  const arrow = from === 'master' ? '→' : '←';
  const who = `${endpointText(link.master, 47)} ${arrow} ${nearEndpoint(link.master, link.replica, 47)}`;
  return padRight(who, options.whoColumns ?? 0);
}

import type { SiblingPair } from '../../analysis/divergence/siblings.js';
import type { Link } from '../../replication/model.js';
import { endpointText, nearEndpoint } from '../link-facts.js';
import { bytesText, countText, plural } from '../units.js';
import { shortId } from '../why-text.js';

/** What comparing the streams of one history gave, in sentences. Safe to print. */

const linkText = ({ master, replica }: Link): string =>
  `${endpointText(master)} → ${nearEndpoint(master, replica)}`;

/** `b96eb367…: 3 pairs of links compared, 76.2 kB at the same offsets are the same in all`. */
export function comparedText(replid: string, pairs: readonly SiblingPair[]): string {
  const differing = pairs.filter(({ first }) => first !== null).length;
  const least = pairs.reduce(
    (bytes, { equalBytes }) => Math.min(bytes, equalBytes),
    Number.POSITIVE_INFINITY,
  );
  const compared = `${shortId(replid)}: ${plural(pairs.length, 'pair')} of links compared`;
  return differing === 0
    ? `${compared}, the same bytes at the same offsets (${bytesText(least)}${pairs.length > 1 ? ' or more each' : ''})`
    : `${compared}, ${countText(differing)} of them differ`;
}

/** Where two links were first sent different bytes. `clock` writes a packet time (µs). */
export function differenceText(
  { sessions: [one, other], equalBytes, first }: SiblingPair,
  clock: (micros: number) => string,
): string {
  const { from, to, time, packets } = first!;
  return `${linkText(other.link)} was sent other bytes than ${linkText(one.link)}, first within ${countText(from)} to ${countText(to)} (${clock(time)}, packets ${packets.map(countText).join(' and ')}); ${bytesText(equalBytes)} are the same`;
}

import type { Attachment, TopologyNode } from '../../analysis/topology/model.js';
import { escapeText } from '../escape.js';
import { endpointText } from '../link-facts.js';
import { bytesText, countText, durationText } from '../units.js';
import { shortId } from '../why-text.js';

/** What is said of a node and of how it hangs on its master: the same words in the tree and in the graphs. Safe to print. */

export const NAME_COLUMNS = 47;

export function nameText(name: string): string {
  return endpointText(name, NAME_COLUMNS);
}

/** `e0f505d5… at 20,087`; empty where no history is known. */
export function positionText({ replid, offset }: Pick<TopologyNode, 'replid' | 'offset'>): string {
  if (replid === null) return offset === null ? '' : `at ${countText(offset)}`;
  return `${shortId(replid)}${offset === null ? '' : ` at ${countText(offset)}`}`;
}

/** `master`, `replica`, `replica and master` of others. */
export function roleText(node: TopologyNode, hasReplicas: boolean): string {
  if (node.master === null) return 'master';
  return hasReplicas ? 'replica, and master of others' : 'replica';
}

/** Facts of the server itself. */
export function serverParts({ server, aliases, assumed, tool }: TopologyNode): string[] {
  const parts: string[] = tool ? ['a tool: it announced no port'] : [];
  if (server !== null) parts.push(`server ${escapeText(server, 30)}`);
  if (aliases.length > 0) {
    const also = aliases.slice(0, 3).map((alias) => endpointText(alias, NAME_COLUMNS));
    parts.push(`also seen as ${also.join(', ')}${assumed ? ' (by its address)' : ''}`);
  }
  return parts;
}

/** `online`, `down for 3.2 s`, `refused`, …; @param at end of the capture, µs */
export function stateText({ state, until }: Attachment, at: number | null): string {
  if (state !== 'down') return state;
  return until === null || at === null || at <= until
    ? 'down'
    : `down for ${durationText((at - until) / 1000)}`;
}

export function lagText({ state, lagBytes }: Attachment): string {
  return state === 'online' && lagBytes !== null ? `lag ${bytesText(lagBytes)}` : '';
}

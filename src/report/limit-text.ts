import type { LimitDocument } from './document.js';
import { bytesText, countText, plural } from './units.js';

type LimitText = (most: string, times: number) => string;

/** What was limited, and what was lost. */
const TEXTS: Record<LimitDocument['limit'], LimitText> = {
  connections: (most, times) =>
    `${most} connections at once: ${plural(times, 'open one')} let go, the longest silent first, links last`,
  'reorder-buffer': (_, times) =>
    `out-of-order data that is held: ${plural(times, 'hole')} given up that might have been filled later`,
  'early-segments': (most, times) =>
    `${most} segments that wait for what they follow: ${plural(times, 'segment')} taken out of order`,
  syncs: (most, times) => `${most} syncs of one connection: ${countText(times)} more not listed`,
  replies: (most, times) =>
    `${most} replies awaited on one connection: ${plural(times, 'request')} without its reply`,
  'held-events': (most, times) =>
    `${most} events held until a connection is known to be a link: ${countText(times)} not told`,
  'payload-details': (most, times) =>
    `${most} payloads with details: biggest keys and auxiliary fields of ${countText(times)} more not kept`,
  'command-names': (most, times) =>
    `${most} different command names: ${plural(times, 'command')} counted as (other)`,
  sessions: (_, times) => `sessions that are listed: ${countText(times)} more not listed, or not any more`,
};

/** `limit reached: 2,048 different command names: 5 commands counted as (other)` */
export function limitText({ limit, most, times }: LimitDocument): string {
  const unit = limit === 'reorder-buffer' ? bytesText(most) : countText(most);
  return `limit reached: ${TEXTS[limit](unit, times)}`;
}

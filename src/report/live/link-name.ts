import type { LinkDocument } from '../document.js';
import { endpointText, nearEndpoint } from '../link-facts.js';
import { displayWidth } from '../width.js';

/** How live views call a link. A name that is too long loses its beginning: what tells links of one master apart is the replica's end. */

/** Columns of an endpoint: the longest IPv6 address with its port has 47. */
const ENDPOINT_COLUMNS = 47;

/** `10.0.0.7:6379 ← 10.0.0.8:6379`, `127.0.0.1:6380 ← :6381` */
export function linkName({ master, replica }: LinkDocument): string {
  return `${endpointText(master, ENDPOINT_COLUMNS)} ← ${nearEndpoint(master, replica, ENDPOINT_COLUMNS)}`;
}

/** `10.0.0.8:6379` */
export function replicaName({ replica }: LinkDocument): string {
  return endpointText(replica, ENDPOINT_COLUMNS);
}

/** The text, or as much of its end as fits into `columns` with `…` before it. */
export function cutStart(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text;
  if (columns < 1) return '';
  const chars = [...text];
  let width = 0;
  let from = chars.length;
  while (from > 0) {
    width += displayWidth(chars[from - 1]!);
    if (width > columns - 1) break;
    from--;
  }
  return `…${chars.slice(from).join('')}`;
}

import { escapeText } from './escape.js';
import { endpointText } from './link-facts.js';
import { countText } from './units.js';

/** What is shown of an order: see src/replication/orders.ts. `orderedBy`: the client's endpoint. */
interface OrderFacts {
  text: string;
  by: string;
  sentinel: boolean;
  packet: number;
}

/** ` by SLAVEOF NO ONE, sent by Sentinel 10.0.0.9 in packet 626`: the client's port says nothing. Safe to print. */
export function orderText({ text, by, sentinel, packet }: OrderFacts): string {
  const host = by.slice(0, by.lastIndexOf(':'));
  const who = sentinel ? 'Sentinel ' : '';
  return ` by ${escapeText(text, 40)}, sent by ${who}${endpointText(host, 47)} in packet ${countText(packet)}`;
}

/** The same from the evidence of a `why`; empty where it names no order. */
export function orderOfEvidence({
  order,
  orderedBy,
  orderedBySentinel,
  orderPacket,
}: Record<string, string | number | null>): string {
  if (typeof order !== 'string' || typeof orderedBy !== 'string' || typeof orderPacket !== 'number')
    return '';
  return orderText({ text: order, by: orderedBy, sentinel: orderedBySentinel === 1, packet: orderPacket });
}

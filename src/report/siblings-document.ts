import type { SiblingPair } from '../analysis/divergence/siblings.js';
import { isoMicros } from './time.js';

/** Two links that replicate the same history, compared: an addition to the contract. Same offset, same bytes. */
export interface SiblingDocument {
  links: [string, string];
  replid: string;
  /** Bytes at the same offsets that are the same, and bytes of the blocks that differ. */
  equalBytes: number;
  differingBytes: number;
  firstDifference: { fromOffset: number; toOffset: number; at: string; packets: [number, number] } | null;
}

export function siblingDocument({
  sessions,
  replid,
  equalBytes,
  differingBytes,
  first,
}: SiblingPair): SiblingDocument {
  return {
    links: [sessions[0].link.id, sessions[1].link.id],
    replid,
    equalBytes,
    differingBytes,
    firstDifference:
      first === null
        ? null
        : {
            fromOffset: first.from,
            toOffset: first.to,
            at: isoMicros(first.time),
            packets: [first.packets[0], first.packets[1]],
          },
  };
}

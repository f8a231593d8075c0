import type { TcpSegment } from '../packet/segment.js';
import { ACK } from '../packet/segment.js';
import { DUPLICATE_SLOTS, DUPLICATE_WINDOW_NO_ID_US, DUPLICATE_WINDOW_US } from './limits.js';

const FIELDS = 8;

/**
 * Tells a packet that was captured twice (any-device, veth and bridge, mirror port) from a retransmission: the copy has the
 * same IP id, or where that says nothing, follows so soon that the sender cannot have noticed a loss.
 *
 * One small table for all connections, a slot a packet, the newer packet overwrites: bounded, nothing is allocated, and a
 * copy missed by a collision is merely counted as a retransmission.
 */
export class DuplicateFilter {
  private readonly slots = new Int32Array(DUPLICATE_SLOTS * FIELDS);

  /** True when this very packet was seen just before. Remembers it. `key` names connection and direction, from 1. */
  isCopy(key: number, segment: TcpSegment, time: number): boolean {
    const { slots } = this;
    const sequence = segment.sequence | 0;
    const acknowledgment = segment.acknowledgment | 0;
    const control = (segment.flags << 16) | segment.window;
    const captured = segment.payloadEnd - segment.payloadStart;
    const { ipId, payloadLength } = segment;
    let hash = Math.imul(sequence ^ Math.imul(acknowledgment, 0x2c1b3c6d), 0x297a2d39);
    hash = Math.imul(hash ^ (hash >>> 15) ^ key, 0x1b56c4e9) ^ ipId;
    const at = ((hash ^ (hash >>> 15)) & (DUPLICATE_SLOTS - 1)) * FIELDS;
    // Times are compared modulo 2^32 µs: what is equal in all else after 72 minutes is a copy too.
    const tick = time | 0;
    const hasId = ipId > 0;
    const same =
      slots[at] === key &&
      slots[at + 1] === sequence &&
      slots[at + 2] === acknowledgment &&
      slots[at + 3] === control &&
      slots[at + 4] === captured &&
      slots[at + 5] === payloadLength &&
      slots[at + 6] === ipId &&
      Math.abs((tick - slots[at + 7]!) | 0) <= (hasId ? DUPLICATE_WINDOW_US : DUPLICATE_WINDOW_NO_ID_US) &&
      // Without an id, equal pure ACKs are what a receiver sends for each segment after a loss.
      (hasId || payloadLength > 0 || (segment.flags & ~ACK) !== 0);
    slots[at] = key;
    slots[at + 1] = sequence;
    slots[at + 2] = acknowledgment;
    slots[at + 3] = control;
    slots[at + 4] = captured;
    slots[at + 5] = payloadLength;
    slots[at + 6] = ipId;
    slots[at + 7] = tick;
    return same;
  }
}

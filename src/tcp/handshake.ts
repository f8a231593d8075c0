import type { TcpSegment } from '../packet/segment.js';
import { ACK } from '../packet/segment.js';
import type { Connection } from './connection.js';
import { sequenceAfter } from './sequence.js';
import type { Direction } from './types.js';

/**
 * Whether a SYN from `side` belongs to a connection that has its addresses and ports, as first SYN, answer, simultaneous
 * open (RFC 9293, 3.5) or retransmission of one of these. Otherwise the ports are used again, for a new connection.
 */
export function synBelongs(connection: Connection, side: Direction, segment: TcpSegment): boolean {
  const initial = connection.initial(side);
  if (initial !== null) return initial === (segment.sequence | 0);
  if (connection.ended) return false;
  const flow = connection.flow(side);
  if (connection.starting && (connection.midstream || flow.isKnown))
    return flow.mayBeginAt(sequenceAfter(segment.sequence, 1));
  const peer = connection.flow(side === 0 ? 1 : 0);
  if (connection.midstream || peer.initial === null || flow.isKnown) return false;
  if ((segment.flags & ACK) === 0) return peer.acked < 0;
  const answered = peer.positionOf(segment.acknowledgment);
  return answered >= 0 && answered <= peer.highest;
}

/** Takes from a SYN that belongs to the connection what was not known yet. Of a connection met without one, the opener is side 0. */
export function takeSyn(connection: Connection, side: Direction, segment: TcpSegment, time: number): void {
  const flow = connection.flow(side);
  if (connection.midstream) {
    const isAnswer = (segment.flags & ACK) !== 0;
    const peer = connection.flow(side === 0 ? 1 : 0);
    if (isAnswer && peer.initial === null) peer.begin(sequenceAfter(segment.acknowledgment, -1));
    connection.midstream = false;
  }
  if (flow.initial === null) flow.begin(segment.sequence);
  // The answer to this SYN was captured before it.
  const late = connection.openedAt === null && side === 0 && (segment.flags & ACK) === 0;
  if (late) connection.openedAt = time;
  // Sent again: the one that was answered is not known, the latest is the likely one.
  if (side === 0 && !connection.flow1.isKnown) connection.synAt = time;
}

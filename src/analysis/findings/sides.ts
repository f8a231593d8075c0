import type { LinkEvent } from './rule.js';

/** The two sides of a connection, as bits. */
export const REPLICA = 1;
export const MASTER = 2;

/** Which side an event comes from; 0: none of its bytes were captured with it. */
export function sideOf(event: LinkEvent): number {
  switch (event.event) {
    case 'sync.requested':
      // One that only its answer tells of has no words.
      return event.sync.replid !== null || event.sync.command === 'SYNC' ? REPLICA : 0;
    case 'handshake.command':
    case 'ack':
      return REPLICA;
    case 'handshake.reply':
    case 'sync.decided':
    case 'payload.finished':
      return MASTER;
    case 'stream.keepalive':
      return event.from === 'replica' ? REPLICA : MASTER;
    default:
      return 0;
  }
}

import type { Session } from '../../replication/model.js';
import type { LinkEvent } from './rule.js';

/** The two sides of a connection, as bits. */
export const REPLICA = 1;
export const MASTER = 2;

/** Which side an event comes from; 0: none of its bytes were captured with it. */
function sideOf(event: LinkEvent): number {
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

/** Which sides of each session have spoken. */
export class SpokenSides {
  readonly #sides = new WeakMap<Session, number>();

  /** @returns the side that this event comes from; 0: none. */
  note(event: LinkEvent): number {
    const side = sideOf(event);
    if (side !== 0) this.#sides.set(event.session, this.of(event.session) | side);
    return side;
  }

  /** As bits. */
  of(session: Session): number {
    return this.#sides.get(session) ?? 0;
  }
}

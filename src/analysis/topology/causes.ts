import type { Link, Session, Sync } from '../../replication/model.js';
import type { Order } from '../../replication/orders.js';
import { findCause } from '../cause.js';
import type { Ground } from './ground.js';
import { Histories, lastHeld } from './histories.js';
import { LinkDirectory } from './link-directory.js';
import { Orders } from './orders.js';
import { whyOf } from './why.js';

/** Decisions kept whose reason may yet become clearer; the oldest are given up beyond it. */
const MAX_OPEN = 1000;

interface Open {
  sync: Sync;
  session: Session;
}

/**
 * The cause of each decision: what its own session tells (`cause`, the contract's), and what all links together tell (`why`). What a
 * later decision shows about two histories settles earlier ones that were left open.
 */
export class Causes {
  readonly histories = new Histories();
  readonly orders = new Orders();
  readonly #directory = new LinkDirectory();
  #open: Open[] = [];

  /** A client told a server what to be. */
  ordered(order: Order): void {
    this.orders.add(order);
  }

  /** Enters `cause` and `why` of an answered sync. `all`: the links of the capture, as of now. */
  decided(sync: Sync, session: Session, all: readonly Link[]): void {
    findCause(sync, session);
    const links = this.#directory.update(all);
    const before = this.histories.version;
    this.histories.learn(sync, session, links);
    const ground: Ground = { links, histories: this.histories, orders: this.orders };
    sync.why = whyOf(sync, session, ground);
    const served = sync.why?.evidence.resumedBytes;
    if (typeof served === 'number' && served > 0 && sync.grantedReplid !== null)
      this.histories.servedBack(sync.grantedReplid, session.link.master, served);
    if (sync.why?.code === 'promoted-meanwhile' && sync.replid !== null) {
      const { link, firstSeenAt } = session;
      const held = lastHeld(links, link.replica, firstSeenAt);
      if (held !== null) this.histories.made(sync.replid, link.replica, held);
    }
    if (this.histories.version !== before) this.#reconsider(ground);
    if (sync.cause === 'replid-mismatch' && (sync.why?.orElse.length ?? 0) > 0) {
      this.#open.push({ sync, session });
      if (this.#open.length > MAX_OPEN) this.#open.shift();
    }
  }

  /** More is known of how histories hang together. */
  #reconsider(ground: Ground): void {
    this.#open = this.#open.filter(({ sync, session }) => {
      sync.why = whyOf(sync, session, ground);
      return (sync.why?.orElse.length ?? 0) > 0;
    });
  }
}

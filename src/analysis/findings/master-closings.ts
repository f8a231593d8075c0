import type { Link } from '../../replication/model.js';
import type { LinkEvent } from './rule.js';

/** µs within which connections that one event ended are closed. */
const AT_ONCE_US = 1_000_000;

/** Masters remembered. */
const MAX_MASTERS = 1_000;

/** Which masters closed several of their replicas at once: they stopped, or became replicas themselves. */
export class MasterClosings {
  /** Latest end of a connection by its master's side. */
  readonly #latest = new Map<string, { time: number; links: Set<Link> }>();

  /** To be told each event before it is asked about it. */
  event(event: LinkEvent): void {
    if (event.event !== 'connection.closed' || event.session.closedBy !== 'master') return;
    const { link, time } = event;
    const last = this.#latest.get(link.master);
    if (last !== undefined && time - last.time < AT_ONCE_US) last.links.add(link);
    else this.#latest.set(link.master, { time, links: new Set([link]) });
    if (this.#latest.size > MAX_MASTERS) this.#latest.delete(this.#latest.keys().next().value!);
  }

  /** True when the link was closed with others of its master. */
  hasOthers(link: Link): boolean {
    const together = this.#latest.get(link.master);
    return together !== undefined && together.links.size > 1 && together.links.has(link);
  }
}

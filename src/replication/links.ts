import { MAX_LINKS, MAX_SESSIONS, MAX_SESSIONS_PER_LINK } from './limits.js';
import type { Link, Session } from './model.js';

/** `127.0.0.1:6379`, `[::1]:6379`. */
export function endpoint(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** All links, by the endpoints that identify them across reconnections. */
export class Links {
  readonly all: Link[] = [];
  /** Sessions beyond the limits: seen, not listed. */
  unlisted = 0;
  #sessions = 0;
  readonly #byId = new Map<string, Link>();

  /** The link of these endpoints, made when it is new. */
  find(master: string, replica: string, announced: boolean): Link {
    const id = `${master}<-${replica}`;
    let link = this.#byId.get(id);
    if (link === undefined) {
      link = { id, master, replica, replicaPortAnnounced: announced, sessions: [] };
      if (this.all.length < MAX_LINKS) {
        this.all.push(link);
        this.#byId.set(id, link);
      }
    }
    return link;
  }

  enter(link: Link, session: Session): void {
    session.link = link;
    session.number = link.sessions.length + 1;
    const listed = this.#byId.get(link.id) === link && this.#sessions < MAX_SESSIONS;
    if (!listed || link.sessions.length >= MAX_SESSIONS_PER_LINK) {
      this.unlisted++;
      return;
    }
    link.sessions.push(session);
    this.#sessions++;
  }

  /** A link that turned out to be the past of another one: its sessions come first there. */
  merge(past: Link, into: Link): void {
    if (past === into) return;
    into.sessions = [...past.sessions, ...into.sessions].sort((a, b) => a.firstSeenAt - b.firstSeenAt);
    into.sessions.forEach((session, i) => {
      session.link = into;
      session.number = i + 1;
    });
    this.all.splice(this.all.indexOf(past), 1);
    this.#byId.delete(past.id);
  }
}

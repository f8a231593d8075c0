import {
  FORGOTTEN_SESSIONS,
  KEPT_FIRST_SESSIONS,
  MAX_LINKS,
  MAX_SESSIONS,
  MAX_SESSIONS_PER_LINK,
} from './limits.js';
import type { Link, Session } from './model.js';

/** `127.0.0.1:6379`, `[::1]:6379`. */
export function endpoint(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** All links, by the endpoints that identify them across reconnections. */
export class Links {
  readonly all: Link[] = [];
  /** Sessions beyond the limits: seen, and not listed or not any more. */
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
    const isListed = this.#byId.get(link.id) === link;
    if (isListed && this.#isFull(link)) this.#forget(link);
    session.number = link.sessions.length + 1;
    if (!isListed || this.#isFull(link)) {
      this.unlisted++;
      return;
    }
    link.sessions.push(session);
    this.#sessions++;
  }

  #isFull({ sessions }: Link): boolean {
    return sessions.length >= MAX_SESSIONS_PER_LINK || this.#sessions >= MAX_SESSIONS;
  }

  /**
   * Makes room for what comes: the beginning tells how it started and the end how it is now, so closed sessions after the beginning go.
   * The others are numbered anew.
   */
  #forget({ sessions }: Link): void {
    const from = Math.min(KEPT_FIRST_SESSIONS, Math.floor(sessions.length / 2));
    const to = Math.min(from + FORGOTTEN_SESSIONS, sessions.length);
    const open = sessions.slice(from, to).filter(({ closedAt }) => closedAt === null);
    const gone = to - from - open.length;
    if (gone === 0) return;
    sessions.splice(from, to - from, ...open);
    for (let i = from; i < sessions.length; i++) sessions[i]!.number = i + 1;
    this.#sessions -= gone;
    this.unlisted += gone;
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

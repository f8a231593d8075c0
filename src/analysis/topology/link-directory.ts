import type { Link } from '../../replication/model.js';

/** The links of a capture by their two ends: with thousands of them, each decision would look through all. */
export class LinkDirectory {
  #links: readonly Link[] = [];
  /** Links taken in so far, and the last of them: a list that is not only longer was changed otherwise. */
  #count = 0;
  #last: Link | undefined;
  readonly #byReplica = new Map<string, Link[]>();
  readonly #byMaster = new Map<string, Link[]>();

  constructor(links: readonly Link[] = []) {
    this.update(links);
  }

  /** Takes over the list as it is now. Links are added at its end; one that was merged into another is gone from its middle. */
  update(links: readonly Link[]): this {
    const grew =
      links === this.#links && links.length >= this.#count && links[this.#count - 1] === this.#last;
    if (!grew) {
      this.#byReplica.clear();
      this.#byMaster.clear();
      this.#count = 0;
    }
    this.#links = links;
    for (; this.#count < links.length; this.#count++) {
      const link = links[this.#count]!;
      add(this.#byReplica, link.replica, link);
      add(this.#byMaster, link.master, link);
    }
    this.#last = links[this.#count - 1];
    return this;
  }

  /** Links in which that endpoint is the replica. */
  ofReplica(endpoint: string): readonly Link[] {
    return this.#byReplica.get(endpoint) ?? [];
  }

  /** Links in which that endpoint is the master. */
  ofMaster(endpoint: string): readonly Link[] {
    return this.#byMaster.get(endpoint) ?? [];
  }
}

function add(map: Map<string, Link[]>, key: string, link: Link): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [link]);
  else known.push(link);
}

/** A replication id: 40 hex digits. */
const ID_DIGITS = 40;

/** What the second replication id is while there is none (4.0+). */
export const NO_REPLID = '0'.repeat(ID_DIGITS);

/**
 * Ids of a process. A payload's end mark is drawn by the forked child, from a copy of the generator's state: the mark shows the next
 * id without using it up, and syncs that follow each other have the same mark (replication-wire.md, section 7).
 */
export class IdSource {
  readonly #random: () => number;
  #next: string;

  /** @param random seeded, 0 ≤ x < 1. */
  constructor(random: () => number) {
    this.#random = random;
    this.#next = this.#draw();
  }

  peek(): string {
    return this.#next;
  }

  take(): string {
    const id = this.#next;
    this.#next = this.#draw();
    return id;
  }

  #draw(): string {
    let id = '';
    while (id.length < ID_DIGITS) id += Math.floor(this.#random() * 16).toString(16);
    return id;
  }
}

/** What a PSYNC request is held against; `-1` as secondOffset with no second id. */
export interface HistoryView {
  readonly replid: string;
  readonly replid2: string;
  /** Of the last byte of the stream (master_repl_offset). */
  readonly offset: number;
  /** First offset that the second id is not valid for (second_repl_offset). */
  readonly secondOffset: number;
}

/** The replication history a node is in: its ids and how far it has come. */
export class History implements HistoryView {
  offset = 0;
  #replid: string;
  #replid2 = NO_REPLID;
  #secondOffset = -1;
  readonly #ids: IdSource;

  constructor(ids: IdSource) {
    this.#ids = ids;
    this.#replid = ids.take();
  }

  get replid(): string {
    return this.#replid;
  }

  get replid2(): string {
    return this.#replid2;
  }

  get secondOffset(): number {
    return this.#secondOffset;
  }

  /** A new history at the same offset, nothing of the old one is valid: as when a backlog is made anew (4.0+). */
  renew(): void {
    this.#replid = this.#ids.take();
    this.#forgetSecond();
  }

  /** Promotion: the id so far becomes the second one, valid up to here, and a new one begins. */
  shift(): void {
    this.rename(this.#ids.take());
  }

  /** The master told a new id of the same history (+CONTINUE with an id). */
  rename(replid: string): void {
    this.#replid2 = this.#replid;
    this.#secondOffset = this.offset + 1;
    this.#replid = replid;
  }

  /** A full synchronization: another's history, from that offset on. */
  adopt(replid: string, offset: number): void {
    this.#replid = replid;
    this.offset = offset;
    this.#forgetSecond();
  }

  /** A master started from a snapshot made in that history (7.0+): a new id, and the snapshot's as the second. */
  restore(replid: string, offset: number): void {
    this.#replid2 = replid;
    this.#secondOffset = offset + 1;
    this.offset = offset;
  }

  #forgetSecond(): void {
    this.#replid2 = NO_REPLID;
    this.#secondOffset = -1;
  }
}

import { LEAST_ID, type StreamId } from './stream-id.js';

export interface StreamEntry {
  readonly id: StreamId;
  /** Field, value, field, value … */
  readonly fields: readonly string[];
}

/** A stream's entries in the order of their ids, and what a server remembers of those that are gone. Without consumer groups. */
export class Stream {
  #entries: StreamEntry[] = [];
  lastId: StreamId = LEAST_ID;
  /** The greatest id that XDEL took out. */
  maxDeletedId: StreamId = LEAST_ID;
  /** Entries ever added. */
  added = 0n;

  get length(): number {
    return this.#entries.length;
  }

  get entries(): readonly StreamEntry[] {
    return this.#entries;
  }

  /** id has to be greater than lastId. */
  append(id: StreamId, fields: readonly string[]): void {
    this.#entries.push({ id, fields });
    this.lastId = id;
    this.added++;
  }

  /** Entries with from ≤ id ≤ to. */
  range(from: StreamId, to: StreamId): StreamEntry[] {
    return this.#entries.filter(({ id }) => id >= from && id <= to);
  }

  /** @returns false when there is no such entry. */
  delete(id: StreamId): boolean {
    const index = this.#entries.findIndex((entry) => entry.id === id);
    if (index < 0) return false;
    this.#entries.splice(index, 1);
    if (id > this.maxDeletedId) this.maxDeletedId = id;
    return true;
  }

  /** Takes out the oldest entries. */
  dropFirst(count: number): void {
    this.#entries = this.#entries.slice(count);
  }
}

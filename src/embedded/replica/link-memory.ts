import type { Habits } from './habits.js';
import type { HistoryPoint, ReplicaHost } from './host.js';
import { StreamApplier, type StreamSink } from './stream-applier.js';

/** What a link knows of its place in the history, from one connection to the next: what it asks for and what it acknowledges. */
export class LinkMemory {
  /** A hidden fault: added to every offset that is told to the master. */
  offsetError = 0;
  readonly #host: ReplicaHost;
  readonly #habits: Habits;
  readonly #sink: StreamSink;
  /** What the host holds is not offered to the master. */
  #forgotten: boolean;
  #applier: StreamApplier;

  constructor(host: ReplicaHost, habits: Habits, sink: StreamSink) {
    this.#host = host;
    this.#habits = habits;
    this.#sink = sink;
    // A run id is worth nothing with another master, which this may be.
    this.#forgotten = !habits.psync2;
    this.#applier = this.#newApplier();
  }

  /** The last byte held, as a PSYNC is about to say it; null: nothing to continue. */
  held(): HistoryPoint | null {
    const point = this.#forgotten ? null : this.#host.resumable();
    return point === null ? null : { replid: point.replid, offset: this.#told(point.offset) };
  }

  /** The offset of an ACK. */
  get acknowledged(): number {
    return this.#told(this.#host.offset);
  }

  /** False after a sync in which the master named no offset: replicas then send no ACK, and ask for a full sync next time. */
  get isKnown(): boolean {
    return !this.#forgotten;
  }

  /** The host's data set is no longer one that a master could continue. */
  forget(): void {
    this.#forgotten = true;
  }

  /** A payload is loaded; point: null when the master did not say where the stream goes on. */
  loaded(point: HistoryPoint | null): void {
    this.#forgotten = point === null;
    this.#applier = this.#newApplier();
  }

  /** The master continues the stream. Up to 3.2 it does so behind the bytes read, in the middle of a command even. */
  continued(): void {
    if (this.#habits.ackCounts === 'applied') this.#applier = this.#newApplier();
  }

  /** The link is over: nothing more of what was fed is applied. */
  stop(): void {
    this.#applier.stop();
  }

  feed(bytes: Uint8Array): void {
    this.#applier.feed(bytes);
  }

  /** What the master is told of an offset; a fault makes no number of it that is none. */
  #told(offset: number): number {
    const pending = this.#habits.ackCounts === 'read' ? this.#applier.pending : 0;
    return Math.max(0, offset + pending + this.offsetError);
  }

  #newApplier(): StreamApplier {
    return new StreamApplier(this.#sink, this.#habits.ackCounts === 'read');
  }
}

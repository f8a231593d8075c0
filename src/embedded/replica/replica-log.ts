import type { Endpoint } from '../net/network.js';
import { MAX_LOG_FACTS } from './limits.js';

/** Which of a link's connections: the main one, or the one that only carries the payload. */
export type ConnectionRole = 'main' | 'rdb';

/** What a replica link did and was told, as plain facts for those who compare an analyzer's view with it. */
export type ReplicaFact =
  /** The connection stands. */
  | { readonly kind: 'connect'; readonly connection: ConnectionRole; readonly local: Endpoint }
  /** A request of the handshake. position, here and below: bytes written on the connection up to behind it. */
  | {
      readonly kind: 'handshake';
      readonly connection: ConnectionRole;
      readonly words: readonly string[];
      readonly position: number;
    }
  /** replid: null for SYNC, `?` for none. offset as it was sent; null for SYNC. */
  | {
      readonly kind: 'request';
      readonly connection: ConnectionRole;
      readonly command: 'PSYNC' | 'SYNC';
      readonly replid: string | null;
      readonly offset: number | null;
      readonly failover: boolean;
      readonly position: number;
    }
  /** A line in answer to a request of the handshake or for a sync. */
  | { readonly kind: 'reply'; readonly connection: ConnectionRole; readonly text: string }
  /**
   * offset: the last one before the stream that follows. Legacy: the master does not know PSYNC, or refused it; `SYNC` is sent. Try
   * later: it cannot sync now.
   */
  | {
      readonly kind: 'decision';
      readonly decision: 'full' | 'continue' | 'two-connections' | 'legacy' | 'try-later';
      readonly replid: string | null;
      readonly offset: number | null;
    }
  | { readonly kind: 'payload'; readonly bytes: number; readonly form: 'length' | 'eof-mark' }
  | { readonly kind: 'loaded'; readonly replid: string; readonly offset: number }
  | { readonly kind: 'ack'; readonly offset: number; readonly position: number }
  /** A sign of life on the main connection. */
  | { readonly kind: 'newline'; readonly position: number }
  | {
      readonly kind: 'closed';
      readonly connection: ConnectionRole;
      readonly by: 'master' | 'replica';
      readonly how: 'fin' | 'rst' | 'refused';
      readonly reason: string;
    };

/** Facts in order, each with its time (µs). At most MAX_LOG_FACTS are kept; later ones are counted. */
export class ReplicaLog {
  readonly #now: () => number;
  readonly #facts: (ReplicaFact & { readonly time: number })[] = [];
  #dropped = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  get facts(): readonly (ReplicaFact & { readonly time: number })[] {
    return this.#facts;
  }

  get dropped(): number {
    return this.#dropped;
  }

  add(fact: ReplicaFact): void {
    if (this.#facts.length < MAX_LOG_FACTS) this.#facts.push({ ...fact, time: this.#now() });
    else this.#dropped++;
  }
}

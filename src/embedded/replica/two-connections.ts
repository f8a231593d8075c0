import type { LinkContext } from './context.js';
import type { HistoryPoint } from './host.js';
import type { PayloadReceiver } from './payload-receiver.js';
import { RdbConnection } from './rdb-connection.js';

/** What a sync by two connections needs of its session. */
export interface TwoConnectionsOwner {
  /** Writes a request on the main connection. */
  send(words: readonly string[]): void;
  /** Asks on the main connection to continue behind a point. */
  psync(point: HistoryPoint): void;
  /** All that comes on the main connection from here on is the stream. */
  stream(): void;
  /** The payload is there, and the stream behind it is on its way. */
  received(payload: PayloadReceiver, point: HistoryPoint): void;
  failed(reason: string): void;
}

/**
 * A sync by two connections, from the master's word for it to the end of the payload. Redis 8 sends the stream on the main connection
 * meanwhile; Valkey waits to be asked for it there, once the second connection has said where it begins.
 */
export class TwoConnections {
  readonly #context: LinkContext;
  readonly #owner: TwoConnectionsOwner;
  readonly #second: RdbConnection;
  #expects: 'nothing' | 'client-id' | 'continue' = 'nothing';
  #point: HistoryPoint | null = null;
  #payload: PayloadReceiver | null = null;
  #streaming = false;

  /** @param clientId of the main connection, where the master gave it (Redis 8). */
  constructor(context: LinkContext, clientId: string | null, owner: TwoConnectionsOwner) {
    this.#context = context;
    this.#owner = owner;
    this.#second = new RdbConnection(context, clientId, {
      positioned: (point, id) => this.#positioned(point, id),
      received: (payload) => {
        this.#payload = payload;
        this.#received();
      },
      failed: (reason) => owner.failed(reason),
    });
    if (context.habits.twoConnections === 'rdb-channel') this.#stream();
  }

  setReading(on: boolean): void {
    this.#second.setReading(on);
  }

  close(how: 'fin' | 'rst', reason: string): void {
    this.#second.close(how, reason);
  }

  /** A line came on the main connection. */
  line(line: string): void {
    if (line === '' && this.#expects === 'continue') return;
    this.#context.log.add({ kind: 'reply', connection: 'main', text: line });
    const point = this.#point;
    if (point !== null && this.#expects === 'client-id' && !line.startsWith('-')) {
      this.#owner.psync(point);
      this.#expects = 'continue';
    } else if (point !== null && this.#expects === 'continue' && line.startsWith('+CONTINUE')) {
      this.#context.log.add({ kind: 'decision', decision: 'continue', ...point });
      this.#stream();
      this.#received();
    } else this.#owner.failed(`unexpected reply '${line}'`);
  }

  #positioned(point: HistoryPoint, clientId: string | null): void {
    this.#point = point;
    this.#context.log.add({ kind: 'decision', decision: 'full', ...point });
    if (this.#streaming) return;
    if (clientId === null) {
      this.#owner.failed('the second connection was given no client id');
      return;
    }
    this.#owner.send(['REPLCONF', 'set-rdb-client-id', clientId]);
    this.#expects = 'client-id';
  }

  #stream(): void {
    this.#streaming = true;
    this.#owner.stream();
  }

  #received(): void {
    if (this.#payload !== null && this.#point !== null && this.#streaming)
      this.#owner.received(this.#payload, this.#point);
  }
}

import { SECOND, type Timer } from '../net/clock.js';
import type { LinkContext } from './context.js';
import type { HistoryPoint } from './host.js';
import type { PayloadReceiver } from './payload-receiver.js';

/** Stands for the id of a history that the master did not name, or not properly: no master has it. */
const NO_REPLID = '0'.repeat(40);

/** What the loading of a payload needs of its session. */
export interface LoadingOwner {
  /** Writes a newline to the master, which takes it for a sign of life. */
  newline(): void;
  /** The host has loaded the payload, or refused it. */
  loaded(refusal: string | null): void;
}

/** The time it takes to load a payload, and what is sent meanwhile: a newline when old data is flushed, and then one each second. */
export class Loading {
  readonly #context: LinkContext;
  readonly #owner: LoadingOwner;
  readonly #done: Timer;
  #newline: Timer;

  /** @param point where the stream goes on; null when the master did not say. */
  constructor(
    context: LinkContext,
    payload: PayloadReceiver,
    point: HistoryPoint | null,
    owner: LoadingOwner,
  ) {
    this.#context = context;
    this.#owner = owner;
    const { gate, habits, host, log, memory } = context;
    log.add({ kind: 'payload', bytes: payload.bytes, form: payload.form });
    if ((host.resumable()?.offset ?? 0) > 0) owner.newline();
    if (habits.forgetsAt === 'loading') memory.forget();
    this.#newline = gate.later(SECOND, () => this.#tick());
    this.#done = gate.later(host.settings.loadTime, () => this.#load(payload, point));
  }

  /** The session is over. */
  cancel(): void {
    this.#newline.cancel();
    this.#done.cancel();
  }

  #tick(): void {
    this.#newline = this.#context.gate.later(SECOND, () => this.#tick());
    this.#owner.newline();
  }

  #load(payload: PayloadReceiver, point: HistoryPoint | null): void {
    this.#newline.cancel();
    const { host, log, memory } = this.#context;
    const at = point ?? { replid: NO_REPLID, offset: 0 };
    const refusal = host.load(payload.chunks(), at);
    if (refusal === null) {
      memory.loaded(point);
      log.add({ kind: 'loaded', replid: at.replid, offset: at.offset });
    }
    this.#owner.loaded(refusal);
  }
}

import { noteLinkType } from '../decoder.js';
import type { CaptureFacts } from '../types.js';
import type { LiveListener } from './live-capture.js';
import type { LiveCapture, LiveDrops, LiveEnd, LiveProblem } from './types.js';

/** The pause before the first attempt, ms; each further one is twice as long. */
export const FIRST_PAUSE = 1000;

/** The longest pause, ms. A connection that lasted so long is one: the next time pauses begin with the first again. */
export const MAX_PAUSE = 30_000;

/** What is told of connections. */
export type ConnectionNews =
  /** `problem` null: the other end closed it in order. */
  | { readonly news: 'lost'; readonly problem: LiveProblem | null }
  /** @param afterMs since it was lost. */
  | { readonly news: 'again'; readonly afterMs: number };

export interface ReconnectOptions {
  /** How many attempts in a row may fail. */
  readonly retries: number;
  readonly onNews: (news: ConnectionNews) => void;
}

/** How often a connection was lost, and for how long there was none. */
export interface Interruptions {
  readonly lost: number;
  readonly ms: number;
  /** There is none now. */
  readonly isOut: boolean;
}

/** One capture over several connections. */
export interface ReconnectingCapture extends LiveCapture {
  readonly interruptions: Interruptions;
}

/**
 * Starts a capture that is started anew when it ends without being asked to. The first attempt must succeed: what is wrong then is its
 * end. Packets of all of them go to one listener, as one capture that has holes.
 * @param start starts one.
 */
export function startReconnecting(
  start: (listener: LiveListener) => LiveCapture,
  listener: LiveListener,
  options: ReconnectOptions,
): ReconnectingCapture {
  return new SeveralCaptures(start, listener, options);
}

class SeveralCaptures implements ReconnectingCapture {
  readonly ready: Promise<boolean>;
  readonly ended: Promise<LiveEnd>;
  readonly #start: (listener: LiveListener) => LiveCapture;
  readonly #listener: LiveListener;
  readonly #options: ReconnectOptions;
  #capture: LiveCapture;
  /** Of the captures before this one. */
  readonly #earlier: CaptureFacts;
  #earlierDrops: LiveDrops = { kernel: null, interface: null };
  #lost = 0;
  #outMs = 0;
  #outSince: number | null = null;
  #isStopping = false;
  #wantsMore = true;
  #wake: () => void = () => {};

  constructor(
    start: (listener: LiveListener) => LiveCapture,
    listener: LiveListener,
    options: ReconnectOptions,
  ) {
    this.#start = start;
    this.#options = options;
    this.#listener = {
      ...listener,
      onPackets: (batch, from, to) => {
        this.#wantsMore = listener.onPackets(batch, from, to) !== false;
        return this.#wantsMore;
      },
    };
    this.#capture = start(this.#listener);
    this.#earlier = { ...this.#capture.facts, linkTypes: [] };
    this.ready = this.#capture.ready;
    this.ended = this.#run();
  }

  get facts(): CaptureFacts {
    const { kernelDrops, linkTypes } = this.#capture.facts;
    const earlier = this.#earlier;
    const all = { ...earlier, linkTypes: [...earlier.linkTypes] };
    for (const linkType of linkTypes) noteLinkType(all, linkType);
    all.kernelDrops = sum(earlier.kernelDrops, kernelDrops);
    return all;
  }

  get drops(): LiveDrops {
    const { kernel, interface: device } = this.#capture.drops;
    return {
      kernel: sum(this.#earlierDrops.kernel, kernel),
      interface: sum(this.#earlierDrops.interface, device),
    };
  }

  get interruptions(): Interruptions {
    const isOut = this.#outSince !== null;
    return { lost: this.#lost, ms: this.#outMs + (isOut ? Date.now() - this.#outSince! : 0), isOut };
  }

  stop(): Promise<LiveEnd> {
    this.#isStopping = true;
    this.#wake();
    this.#capture.stop().catch(() => {});
    return this.ended;
  }

  async #run(): Promise<LiveEnd> {
    let failed = 0;
    let pause = FIRST_PAUSE;
    for (;;) {
      const capture = this.#capture;
      const isThere = await capture.ready;
      const since = Date.now();
      if (isThere) this.#found();
      failed = isThere ? 0 : failed + 1;
      const { problem } = await capture.ended;
      const isFirst = this.#lost === 0;
      if (this.#isStopping || !this.#wantsMore || (isFirst && !isThere)) return this.#end(problem);
      if (failed >= this.#options.retries) return this.#end(problem, failed);
      if (isThere) this.#lose(problem);
      if (isThere && Date.now() - since >= MAX_PAUSE) pause = FIRST_PAUSE;
      await this.#wait(pause);
      if (this.#isStopping) return this.#end(null);
      pause = Math.min(2 * pause, MAX_PAUSE);
      this.#startAgain();
    }
  }

  #lose(problem: LiveProblem | null): void {
    this.#lost++;
    this.#outSince = Date.now();
    this.#options.onNews({ news: 'lost', problem });
  }

  #found(): void {
    if (this.#outSince === null) return;
    const afterMs = Date.now() - this.#outSince;
    this.#outSince = null;
    this.#outMs += afterMs;
    this.#options.onNews({ news: 'again', afterMs });
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #startAgain(): void {
    this.#earlierDrops = this.drops;
    Object.assign(this.#earlier, this.facts);
    this.#capture = this.#start(this.#listener);
  }

  #end(problem: LiveProblem | null, failed = 0): LiveEnd {
    const told = problem === null || failed === 0 ? problem : givenUp(problem, failed);
    if (told !== null) this.#earlier.problem = { message: told.message, position: 0 };
    return { problem: told, drops: this.drops };
  }
}

function givenUp(problem: LiveProblem, attempts: number): LiveProblem {
  const how = attempts === 1 ? 'one attempt' : `${attempts} attempts in a row`;
  return { ...problem, message: `${problem.message}; given up after ${how} to get back` };
}

/** Null: neither tells. */
function sum(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : a + b;
}

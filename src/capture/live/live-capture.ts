import type { OnRun } from '../merge.js';
import type { CaptureFacts, PacketBatch } from '../types.js';
import type { LiveBackend } from './backend.js';
import { GuardedChild } from './guarded-child.js';
import { isUp } from './interface-names.js';
import { readPackets, type StreamEnd } from './packet-stream.js';
import { childDied, interfaceDown } from './problems.js';
import { StderrLines } from './stderr-lines.js';
import type { LiveCapture, LiveDrops, LiveEnd, LiveOptions, LiveProblem } from './types.js';

/** How often drops are asked for and the interface is looked at, ms. */
const LOOK_INTERVAL = 1000;

/** How often `stop` looks whether everything has come, ms. */
const DRAIN_INTERVAL = 10;

/** Nothing was read for so long, ms: what the kernel had to hand over has come. */
const QUIET = 60;

/** How long `stop` waits for what was captured, ms; what is behind by more is given up. */
const DRAIN_LIMIT = 5000;

/** A packet so much later than `stop`, ms, shows that all before have come: their order is right to less than that. */
const CAUGHT_UP = 20;

/** How long a child that was told to end may take, ms, before it is killed. */
const END_LIMIT = 2000;

export interface LiveListener {
  /** Takes packets, which are borrowed until it returns; false when it wants no more: the capture then ends at once. */
  readonly onPackets: OnRun;
  /** Something keeps packets away for now; null when it does no more. */
  readonly onTrouble?: ((problem: LiveProblem | null) => void) | undefined;
}

/**
 * Starts a capture in a child. Whatever goes wrong, at the start too, is told by `ended`.
 * @param source how the summary names it; as the interface unless told.
 */
export function startCapture(
  backend: LiveBackend,
  options: LiveOptions,
  listener: LiveListener,
  source = options.interface,
): LiveCapture {
  return new ChildCapture(backend, options, listener, source);
}

class ChildCapture implements LiveCapture {
  readonly facts: CaptureFacts;
  readonly ready: Promise<boolean>;
  readonly ended: Promise<LiveEnd>;
  drops: LiveDrops = { kernel: null, interface: null };

  readonly #backend: LiveBackend;
  readonly #options: LiveOptions;
  readonly #listener: LiveListener;
  readonly #child: GuardedChild;
  readonly #stderr: StderrLines;
  readonly #timers: NodeJS.Timeout[] = [];
  #resolveReady: (runs: boolean) => void = () => {};
  #sawReadyLine = false;
  #sawHeader = false;
  #isDown = false;
  #toldToEnd = false;
  /** When `stop` was called, ms since the epoch. */
  #stopTime: number | null = null;
  /** Packet time of the latest packet, µs. */
  #lastTime = 0;
  /** When packets were handed over last, ms since the epoch. */
  #lastRead = 0;

  constructor(backend: LiveBackend, options: LiveOptions, listener: LiveListener, source: string) {
    this.#backend = backend;
    this.#options = options;
    this.#listener = listener;
    this.facts = {
      source,
      format: 'live',
      linkTypes: [],
      kernelDrops: null,
      problem: null,
    };
    this.ready = new Promise((resolve) => {
      this.#resolveReady = resolve;
    });
    this.#child = new GuardedChild(backend.file, backend.captureArguments(options), backend.isRemote);
    this.#stderr = new StderrLines(this.#child.stderr, backend.idleLine, (line) => this.#onLine(line));
    this.#timers.push(setInterval(() => this.#look(), LOOK_INTERVAL));
    this.ended = this.#run();
  }

  stop(): Promise<LiveEnd> {
    if (this.#toldToEnd) return this.ended;
    if (this.#stopTime !== null || !this.#isReady) {
      this.#tellToEnd();
      return this.ended;
    }
    const stopTime = Date.now();
    this.#stopTime = stopTime;
    this.#timers.push(setInterval(() => this.#endWhenDrained(stopTime), DRAIN_INTERVAL));
    return this.ended;
  }

  get #isReady(): boolean {
    return this.#sawReadyLine && this.#sawHeader;
  }

  async #run(): Promise<LiveEnd> {
    let damage: string | null = null;
    let how: string | null = null;
    let leftByItself = false;
    try {
      damage = (await this.#readToEnd()).damage;
    } finally {
      leftByItself = !this.#toldToEnd;
      // Where it still runs, nobody can make sense of what it says.
      this.#tellToEnd();
      how = await this.#child.closed;
      for (const timer of this.#timers) clearTimeout(timer);
      this.#resolveReady(false);
    }
    const problem = leftByItself ? this.#explain(how, damage ?? '') : null;
    if (problem !== null) this.facts.problem = { message: problem.message, position: 0 };
    return { problem, drops: this.drops };
  }

  #readToEnd(): Promise<StreamEnd> {
    return readPackets(this.#child.stdout, this.facts.source, {
      onOpen: ({ linkTypes }) => {
        this.facts.linkTypes = linkTypes;
        this.#sawHeader = true;
        this.#tellWhenReady();
      },
      onPackets: (batch, from, to) => this.#onPackets(batch, from, to),
    });
  }

  #onPackets(batch: PacketBatch, from: number, to: number): boolean {
    this.#lastTime = batch.time[to - 1]!;
    const wantsMore = this.#listener.onPackets(batch, from, to) !== false;
    if (!wantsMore) this.#tellToEnd();
    this.#lastRead = Date.now();
    return wantsMore;
  }

  #explain(how: string | null, damage: string): LiveProblem {
    const { complaints } = this.#stderr;
    const known = this.#backend.explain(complaints, this.#options, { how, damage });
    return known ?? childDied(this.#backend.name, how, complaints || damage, this.#isReady);
  }

  #onLine(line: string): void {
    const counts = this.#backend.readDrops(line);
    if (counts !== null) {
      this.drops = { ...this.drops, ...counts };
      this.facts.kernelDrops = this.drops.kernel;
    }
    if (!this.#sawReadyLine && this.#backend.readyLine.test(line)) {
      this.#sawReadyLine = true;
      this.#tellWhenReady();
    }
  }

  #tellWhenReady(): void {
    if (this.#isReady) this.#resolveReady(true);
  }

  #look(): void {
    // Before it is ready the signal may have its default action: the end.
    if (this.#isReady && !this.#toldToEnd) this.#backend.askForCounts?.(this.#child);
    if (this.#backend.isRemote) return;
    // libpcap 1.10 goes on in silence while an interface is down.
    const isDown = isUp(this.#options.interface) === false;
    if (isDown === this.#isDown) return;
    this.#isDown = isDown;
    this.#listener.onTrouble?.(isDown ? interfaceDown(this.#options.interface, true) : null);
  }

  #endWhenDrained(stopTime: number): void {
    const now = Date.now();
    const waited = now - stopTime;
    const { hasKernelTimes, holdback, isRemote } = this.#backend;
    const later = hasKernelTimes ? CAUGHT_UP : holdback;
    const caughtUp = !isRemote && this.#lastTime > (stopTime + later) * 1000;
    // What another host has handed over is on its way: it is read to its end.
    const allCame = waited > holdback + QUIET && (isRemote || now - this.#lastRead > QUIET);
    if (caughtUp || allCame || waited > DRAIN_LIMIT) this.#tellToEnd();
  }

  #tellToEnd(): void {
    if (this.#toldToEnd) return;
    this.#toldToEnd = true;
    this.#backend.stop(this.#child);
    this.#timers.push(setTimeout(() => this.#child.signal('SIGKILL'), END_LIMIT));
  }
}

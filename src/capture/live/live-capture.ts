import { StreamSource } from '../byte-source.js';
import type { OnRun } from '../merge.js';
import { openByteSource } from '../open.js';
import { CaptureError, type CaptureFacts, type CaptureReader } from '../types.js';
import type { LiveBackend } from './backend.js';
import { GuardedChild } from './guarded-child.js';
import { isUp } from './interface-names.js';
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

/** Starts a capture in a child. Whatever goes wrong, at the start too, is told by `ended`. */
export function startCapture(
  backend: LiveBackend,
  options: LiveOptions,
  listener: LiveListener,
): LiveCapture {
  return new ChildCapture(backend, options, listener);
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

  constructor(backend: LiveBackend, options: LiveOptions, listener: LiveListener) {
    this.#backend = backend;
    this.#options = options;
    this.#listener = listener;
    this.facts = {
      source: options.interface,
      format: 'live',
      linkTypes: [],
      kernelDrops: null,
      problem: null,
    };
    this.ready = new Promise((resolve) => {
      this.#resolveReady = resolve;
    });
    this.#child = new GuardedChild(backend.file, backend.captureArguments(options));
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
      damage = await this.#readToEnd();
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

  /** @returns what was wrong with the stream of packets, if anything. */
  async #readToEnd(): Promise<string | null> {
    const source = new StreamSource(this.#child.stdout);
    let reader: CaptureReader;
    try {
      reader = await openByteSource(source, this.facts.source, { live: true });
    } catch (error) {
      // It ended before it wrote the header of the pcap, and told why.
      if (error instanceof CaptureError) return null;
      throw error;
    }
    this.facts.linkTypes = reader.facts.linkTypes;
    this.#sawHeader = true;
    this.#tellWhenReady();
    try {
      for (let batch = await reader.next(); batch !== null; batch = await reader.next()) {
        this.#lastTime = batch.time[batch.count - 1]!;
        if (this.#listener.onPackets(batch, 0, batch.count) === false) {
          this.#tellToEnd();
          break;
        }
        this.#lastRead = Date.now();
      }
      return reader.facts.problem?.message ?? null;
    } finally {
      await reader.close();
    }
  }

  #explain(how: string | null, damage: string): LiveProblem {
    const { complaints } = this.#stderr;
    const known = this.#backend.explain(complaints, this.#options);
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
    const { countSignal } = this.#backend;
    // Before it is ready the signal may have its default action: the end.
    if (this.#isReady && !this.#toldToEnd && countSignal !== null) this.#child.signal(countSignal);
    // libpcap 1.10 goes on in silence while an interface is down.
    const isDown = isUp(this.#options.interface) === false;
    if (isDown === this.#isDown) return;
    this.#isDown = isDown;
    this.#listener.onTrouble?.(isDown ? interfaceDown(this.#options.interface, true) : null);
  }

  #endWhenDrained(stopTime: number): void {
    const now = Date.now();
    const waited = now - stopTime;
    const { hasKernelTimes, holdback } = this.#backend;
    const later = hasKernelTimes ? CAUGHT_UP : holdback;
    const caughtUp = this.#lastTime > (stopTime + later) * 1000;
    const allCame = waited > holdback + QUIET && now - this.#lastRead > QUIET;
    if (caughtUp || allCame || waited > DRAIN_LIMIT) this.#tellToEnd();
  }

  #tellToEnd(): void {
    if (this.#toldToEnd) return;
    this.#toldToEnd = true;
    this.#child.signal(this.#backend.stopSignal);
    this.#timers.push(setTimeout(() => this.#child.signal('SIGKILL'), END_LIMIT));
  }
}

import { type Clock, SECOND } from '../net/clock.js';
import type { Endpoint, Network } from '../net/network.js';
import { RealClock } from '../net/real-clock.js';
import { seededRandom } from '../net/seeded-random.js';
import { SimulatedClock } from '../net/simulated-clock.js';
import { SimulatedNetwork, type SimulatedNetworkOptions } from '../net/simulated-network.js';
import { SocketNetwork } from '../net/socket-network.js';
import type { StageClock } from '../net/stage-clock.js';
import type { WireObserver } from '../net/wire.js';
import { type FaultReport, FaultStage } from '../tap/faults.js';
import type { FrameSink } from '../tap/frame-sink.js';
import { Tap } from '../tap/tap.js';
import type { Scenario } from './scenario.js';
import { type Actor, Stage } from './stage.js';

export interface PlayOptions {
  /** Real sockets on 127.0.0.1 in real time; otherwise a simulated network in no time. */
  readonly live: boolean;
  /** Simulated: the same seed gives the same packets, to the byte. */
  readonly seed: number;
  /** Takes the packets. */
  readonly frames: FrameSink;
  /** What the scenario says. */
  readonly narrate?: (text: string) => void;
  /** Sees what passes on the wire until the story ends, as the tap does. */
  readonly observe?: (clock: Clock) => WireObserver;
  /** Payload of a packet at most, where the tap's own choice is not wanted. */
  readonly segmentBytes?: number;
  /** Simulated: µs from one server to another. */
  readonly latency?: number;
  /** Ends the story before its end. */
  readonly signal?: AbortSignal;
}

/** What is left when the curtain has fallen: the servers with their own logs, and what was done to the capture. */
export interface Played {
  readonly actors: readonly Actor[];
  readonly faults: FaultReport;
}

/** When simulated stories begin: 2026-01-01 12:00:00 UTC, µs. */
const SIMULATED_START = Date.UTC(2026, 0, 1, 12) * 1000;

const REDIS_PORT = 6379;

/** Plays a scenario to its end. @throws Error when it does not come to where its script wants it. */
export async function play(scenario: Scenario, options: PlayOptions): Promise<Played> {
  const random = seededRandom(options.seed);
  const clock = options.live ? new RealClock() : new SimulatedClock(SIMULATED_START);
  const { captureFrom = 0, faults = {} } = scenario;
  const startAt = clock.now() + captureFrom * SECOND;
  let isOver = false;
  const frames: FrameSink = {
    // The capture ends with the story, while the links stand.
    frame: (time, bytes, originalLength) => {
      if (!isOver) options.frames.frame(time, bytes, originalLength);
    },
  };
  const capture = new FaultStage(frames, clock, random, { ...faults, startAt });
  const { segmentBytes, latency } = options;
  const tap = new Tap(clock, capture, { random, ...(segmentBytes !== undefined && { segmentBytes }) });
  const witness = options.observe?.(clock);
  const observer = witness === undefined ? tap : both(tap, witness, () => !isOver);
  const { network, close } = options.live
    ? liveNetwork(clock, observer)
    : simulatedNetwork(clock, { observer, ...(latency !== undefined && { latency }) });
  const stage = new Stage({
    clock,
    network,
    random,
    endpoint: (index) => endpointOf(index, options.live, scenario.ipv6 === true),
    narrate: (text) => {
      // What is not captured is not told.
      if (clock.now() >= startAt) options.narrate?.(text);
    },
  });
  try {
    const story = clock.run(() => scenario.run(stage));
    await (options.signal === undefined ? story : Promise.race([story, aborted(options.signal)]));
    capture.finish();
    isOver = true;
    return { actors: stage.actors, faults: capture.report() };
  } finally {
    stage.end();
    close();
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** Tells the second one only while `listens` says so. */
function both(first: WireObserver, second: WireObserver, listens: () => boolean): WireObserver {
  return {
    connection: (...end) => {
      const one = first.connection(...end);
      const other = second.connection(...end);
      if (one === null || other === null) return one ?? other;
      return {
        passed: (way, item) => {
          one.passed(way, item);
          if (listens()) other.passed(way, item);
        },
      };
    },
  };
}

function liveNetwork(clock: StageClock, observer: WireObserver): { network: Network; close: () => void } {
  const network = new SocketNetwork(clock, { observer });
  const close = (): void => {
    network.closeAll();
    (clock as RealClock).stop();
  };
  return { network, close };
}

function simulatedNetwork(
  clock: StageClock,
  options: SimulatedNetworkOptions,
): { network: Network; close: () => void } {
  return { network: new SimulatedNetwork(clock, options), close: () => {} };
}

function endpointOf(index: number, live: boolean, ipv6: boolean): Endpoint {
  if (live) return { host: '127.0.0.1', port: 0 };
  const host = ipv6 ? `fd00::${index + 1}` : `10.0.0.${index + 1}`;
  return { host, port: REDIS_PORT };
}

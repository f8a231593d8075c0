import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { PacketBatch } from '../types.js';
import type { LiveListener } from './live-capture.js';
import { type ConnectionNews, FIRST_PAUSE, MAX_PAUSE, startReconnecting } from './reconnecting.js';
import { RemoteClock } from './remote-clock.js';
import type { LiveCapture, LiveEnd, LiveProblem } from './types.js';

const GONE: LiveProblem = { kind: 'no-connection', message: 'gone', remedies: [] };

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A capture that does what the test says. */
class Played implements LiveCapture {
  readonly facts = { source: 'x', format: 'live' as const, linkTypes: [1], kernelDrops: null, problem: null };
  drops = { kernel: null as number | null, interface: null };
  readonly at = Date.now();
  become: (isThere: boolean) => void = () => {};
  end: (problem: LiveProblem | null) => void = () => {};
  readonly ready = new Promise<boolean>((resolve) => {
    this.become = resolve;
  });
  readonly ended: Promise<LiveEnd>;

  constructor(readonly listener: LiveListener) {
    this.ended = new Promise((resolve) => {
      this.end = (problem) => resolve({ problem, drops: this.drops });
    });
  }

  stop(): Promise<LiveEnd> {
    this.become(false);
    this.end(null);
    return this.ended;
  }
}

function begin(retries = Number.POSITIVE_INFINITY, wants: (count: number) => boolean = () => true) {
  const all: Played[] = [];
  const news: ConnectionNews[] = [];
  let packets = 0;
  const onPackets: LiveListener['onPackets'] = (_, from, to) => {
    packets += to - from;
    return wants(packets);
  };
  const capture = startReconnecting(
    (listener) => {
      all.push(new Played(listener));
      return all.at(-1)!;
    },
    { onPackets },
    { retries, onNews: (told) => news.push(told) },
  );
  return { all, news, capture, packets: () => packets };
}

/** Lets the latest one run for so long, then be gone. */
async function run(all: Played[], ms: number): Promise<void> {
  all.at(-1)!.become(true);
  await vi.advanceTimersByTimeAsync(ms);
  all.at(-1)!.end(GONE);
  await vi.advanceTimersByTimeAsync(0);
}

async function fail(all: Played[]): Promise<void> {
  all.at(-1)!.become(false);
  all.at(-1)!.end(GONE);
  await vi.advanceTimersByTimeAsync(0);
}

describe('attempts to get back', () => {
  it('come after pauses that grow up to a limit, and begin anew after a connection that lasted', async () => {
    const { all, capture } = begin();
    await run(all, 5000);
    const pauses: number[] = [];
    for (let i = 0; i < 8; i++) {
      const [before, at] = [all.length, Date.now()];
      while (all.length === before) await vi.advanceTimersByTimeAsync(100);
      pauses.push(Date.now() - at);
      await fail(all);
    }
    expect(pauses).toEqual([1, 2, 4, 8, 16, 30, 30, 30].map((s) => s * 1000));
    await vi.advanceTimersByTimeAsync(MAX_PAUSE);
    // One that is lost at once is no reason to hurry.
    await run(all, 10);
    const short = all.length;
    await vi.advanceTimersByTimeAsync(MAX_PAUSE - 1);
    expect(all).toHaveLength(short);
    await vi.advanceTimersByTimeAsync(1);
    await run(all, MAX_PAUSE);
    await vi.advanceTimersByTimeAsync(FIRST_PAUSE);
    expect(all).toHaveLength(short + 2);
    expect(capture.interruptions).toMatchObject({ lost: 3, isOut: true });
  });

  it('are told once for each loss, with the time without', async () => {
    const { all, news, capture } = begin();
    await run(all, 50);
    await vi.advanceTimersByTimeAsync(1000);
    await fail(all);
    await vi.advanceTimersByTimeAsync(2000);
    all.at(-1)!.become(true);
    await vi.advanceTimersByTimeAsync(0);
    expect(news).toEqual([
      { news: 'lost', problem: GONE },
      { news: 'again', afterMs: 3000 },
    ]);
    expect(capture.interruptions).toEqual({ lost: 1, ms: 3000, isOut: false });
  });

  it('end after as many failures as wanted, which the end says', async () => {
    const { all, capture } = begin(2);
    await run(all, 50);
    await vi.advanceTimersByTimeAsync(1000);
    await fail(all);
    await vi.advanceTimersByTimeAsync(2000);
    await fail(all);
    const message = 'gone; given up after 2 attempts in a row to get back';
    expect((await capture.ended).problem).toEqual({ ...GONE, message });
    expect(capture.facts.problem).toEqual({ message, position: 0 });
  });

  it('are none where none is wanted: an end in order is the end', async () => {
    const { all, news, capture } = begin(0);
    all[0]!.become(true);
    all[0]!.end(null);
    expect((await capture.ended).problem).toBeNull();
    expect(news).toEqual([]);
    expect(capture.interruptions.lost).toBe(0);
  });

  it('are none when the first one has failed', async () => {
    const { all, capture } = begin();
    await fail(all);
    expect(await capture.ready).toBe(false);
    expect((await capture.ended).problem).toEqual(GONE);
  });

  it.each([
    ['in a pause', 500],
    ['while one is made', 1000],
  ])('end at once when it is stopped %s', async (_, ms) => {
    const { all, capture } = begin();
    await run(all, 50);
    await vi.advanceTimersByTimeAsync(ms);
    expect((await capture.stop()).problem).toBeNull();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('are none when nobody wants more packets', async () => {
    const { all, capture, packets } = begin(Number.POSITIVE_INFINITY, (count) => count < 3);
    all[0]!.become(true);
    expect(all[0]!.listener.onPackets({} as PacketBatch, 0, 3)).toBe(false);
    all[0]!.end(null);
    await capture.ended;
    expect([all.length, packets()]).toEqual([1, 3]);
  });
});

it('drops and link types are those of all connections', async () => {
  const { all, capture } = begin();
  all[0]!.facts.kernelDrops = 5 as never;
  all[0]!.drops.kernel = 5;
  await run(all, 50);
  await vi.advanceTimersByTimeAsync(1000);
  expect(capture.facts).toMatchObject({ kernelDrops: 5, linkTypes: [1] });
  all[1]!.facts.kernelDrops = 2 as never;
  all[1]!.drops.kernel = 2;
  all[1]!.facts.linkTypes = [113, 1];
  expect(capture.facts).toMatchObject({ kernelDrops: 7, linkTypes: [1, 113] });
  expect(capture.drops).toEqual({ kernel: 7, interface: null });
  await capture.stop();
});

describe('the clock of another host', () => {
  it('is what packets show of it that came the soonest', () => {
    const clock = new RemoteClock();
    expect(clock.at(5000)).toBe(5000);
    // An hour ahead; on the way for 900, 20 and 400 ms.
    const hour = 3_600_000;
    for (const [sent, late] of [
      [1_000_000, 900],
      [1_002_000, 20],
      [1_003_000, 400],
    ] as const)
      clock.arrived((sent + hour) * 1000, sent + late);
    expect(clock.at(1_010_000)).toBe(1_010_000 + hour - 20);
  });

  it('may be set: what was compared two minutes ago does not count', () => {
    const clock = new RemoteClock();
    clock.arrived(2_000_000_000, 1_000_000);
    for (let now = 1_030_000; now <= 1_150_000; now += 30_000) clock.arrived(now * 1000 - 50_000, now);
    expect(clock.at(1_160_000)).toBe(1_159_950);
  });
});

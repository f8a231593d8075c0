import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MILLISECOND, SECOND } from './clock.js';
import { RealClock } from './real-clock.js';
import { seededRandom } from './seeded-random.js';
import { SimulatedClock } from './simulated-clock.js';
import { TimerQueue } from './timer-queue.js';

describe('TimerQueue', () => {
  test('gives calls by time, then by creation, without the cancelled ones', () => {
    const timers = fc.array(fc.record({ time: fc.nat(20), cancel: fc.boolean() }), { maxLength: 200 });
    fc.assert(
      fc.property(timers, (wanted) => {
        const queue = new TimerQueue();
        const order: number[] = [];
        const added = wanted.map(({ time }, i) => queue.add(time, () => order.push(i)));
        for (const [i, { cancel }] of wanted.entries()) if (cancel) added[i]!.cancel();
        for (let run = queue.take(); run !== null; run = queue.take()) run();
        const expected = wanted
          .map(({ time, cancel }, i) => ({ time, cancel, i }))
          .filter(({ cancel }) => !cancel)
          .sort((a, b) => a.time - b.time || a.i - b.i);
        expect(order).toEqual(expected.map(({ i }) => i));
      }),
    );
  });

  test('keeps its order when thousands are cancelled, and can cancel one twice or after it ran', () => {
    const queue = new TimerQueue();
    const order: number[] = [];
    const timers = Array.from({ length: 10_000 }, (_, i) =>
      queue.add((i * 7919) % 10_007, () => order.push(i)),
    );
    for (const [i, timer] of timers.entries()) {
      if (i % 10 === 0) continue;
      timer.cancel();
      timer.cancel();
    }
    for (let run = queue.take(); run !== null; run = queue.take()) run();
    for (const timer of timers) timer.cancel();
    expect(order).toHaveLength(1000);
    const times = order.map((i) => (i * 7919) % 10_007);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    queue.add(1, () => order.push(-1));
    queue.take()?.();
    expect(order.at(-1)).toBe(-1);
  });
});

describe('SimulatedClock', () => {
  test('jumps from timer to timer', () => {
    const clock = new SimulatedClock(1000);
    const seen: [string, number][] = [];
    clock.after(30, () => seen.push(['late', clock.now()]));
    clock.after(10, () => {
      seen.push(['early', clock.now()]);
      clock.after(0, () => seen.push(['after early', clock.now()]));
      clock.after(-5, () => seen.push(['never back', clock.now()]));
    });
    clock.after(10.2, () => seen.push(['whole µs', clock.now()]));
    expect(clock.idle).toBe(false);
    clock.runUntil(1015);
    expect(clock.now()).toBe(1015);
    expect(seen).toEqual([
      ['early', 1010],
      ['after early', 1010],
      ['never back', 1010],
      ['whole µs', 1011],
    ]);
    expect(clock.step()).toBe(true);
    expect(clock.step()).toBe(false);
    expect(seen.at(-1)).toEqual(['late', 1030]);
    expect(clock.idle).toBe(true);
    expect(() => clock.after(Number.NaN, () => {})).toThrow(RangeError);
  });

  test('a script goes on at the very time it waited for', async () => {
    const clock = new SimulatedClock();
    const seen: string[] = [];
    const note = (what: string) => seen.push(`${what} ${clock.now()}`);
    const tick = () => {
      note('tick');
      if (clock.now() < 60) clock.after(10, tick);
    };
    clock.after(10, tick);
    const result = await clock.run(async () => {
      await Promise.resolve();
      note('script');
      await clock.sleep(20);
      note('script');
      const side = async () => {
        await clock.sleep(5);
        note('side');
      };
      await Promise.all([side(), clock.sleep(15)]);
      note('script');
      const fromTimer = await clock.promise<string>((resolve) => {
        clock.after(7, () => resolve('woken'));
      });
      note(fromTimer);
      return 42;
    });
    expect(result).toBe(42);
    expect(seen).toEqual([
      'script 0',
      'tick 10',
      'script 20',
      'tick 20',
      'side 25',
      'tick 30',
      'script 35',
      'tick 40',
      'woken 42',
    ]);
  });

  test('a script that waits in vain, fails, or is not alone is told', async () => {
    const clock = new SimulatedClock();
    await expect(clock.run(() => new Promise(() => {}))).rejects.toThrow('never comes');
    await expect(clock.run(() => Promise.reject(new Error('its own')))).rejects.toThrow('its own');
    const rejected = clock.run(() =>
      clock.promise((_, reject) => {
        clock.after(5, () => reject(new Error('by a timer')));
      }),
    );
    await expect(rejected).rejects.toThrow('by a timer');
    await clock.run(async () => {
      await expect(clock.run(async () => {})).rejects.toThrow('already');
    });
    // Promises the clock knows nothing of are noticed at the end.
    expect(await clock.run(() => new Promise((resolve) => clock.after(5, () => resolve('noticed'))))).toBe(
      'noticed',
    );
  });

  test('an hour of timers takes no time', async () => {
    const clock = new SimulatedClock();
    const start = process.hrtime.bigint();
    let ticks = 0;
    const tick = () => {
      ticks++;
      clock.after(10 * MILLISECOND, tick);
    };
    tick();
    await clock.run(async () => {
      for (let minute = 0; minute < 60; minute++) await clock.sleep(60 * SECOND);
    });
    expect(clock.now()).toBe(3600 * SECOND);
    expect(ticks).toBe(360_000);
    expect(Number(process.hrtime.bigint() - start) / 1e9).toBeLessThan(3);
  });
});

describe('RealClock', () => {
  test('runs timers in order and never early', async () => {
    const clock = new RealClock();
    expect(Math.abs(clock.now() / MILLISECOND - Date.now())).toBeLessThan(50);
    const seen: string[] = [];
    const late: number[] = [];
    const add = (name: string, delay: number) => {
      const due = clock.now() + delay;
      return clock.after(delay, () => {
        seen.push(name);
        late.push(clock.now() - due);
      });
    };
    add('20 ms', 20_000);
    add('2 ms', 2000);
    const cancelled = add('cancelled', 3000);
    add('500 µs', 500);
    add('now', 0);
    cancelled.cancel();
    expect(seen).toEqual([]);
    await clock.run(() => clock.sleep(30_000));
    expect(seen).toEqual(['now', '500 µs', '2 ms', '20 ms']);
    for (const each of late) expect(each).toBeGreaterThanOrEqual(0);
  });

  test('goes on after a callback that throws', async () => {
    const clock = new RealClock();
    const caught = new Promise((resolve) => {
      const listeners = process.listeners('uncaughtException');
      process.removeAllListeners('uncaughtException');
      process.once('uncaughtException', (error) => {
        for (const listener of listeners) process.on('uncaughtException', listener);
        resolve(error.message);
      });
    });
    clock.after(0, () => {
      throw new Error('from a timer');
    });
    const next = clock.sleep(1000);
    expect(await caught).toBe('from a timer');
    await next;
  });

  test('stop drops what is due', async () => {
    const clock = new RealClock();
    let ran = false;
    clock.after(1000, () => {
      ran = true;
    });
    clock.stop();
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(ran).toBe(false);
  });
});

test('the seed makes the numbers', () => {
  const take = (seed: number) => Array.from({ length: 1000 }, seededRandom(seed));
  expect(take(1)).toEqual(take(1));
  expect(take(1)).not.toEqual(take(2));
  const numbers = take(3);
  for (const x of numbers) expect(x >= 0 && x < 1).toBe(true);
  expect(numbers.reduce((a, b) => a + b, 0) / 1000).toBeCloseTo(0.5, 1);
});

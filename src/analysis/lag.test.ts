import { describe, expect, it } from 'vitest';
import { SessionLag } from './lag.js';

const MS = 1000;

/** A session that came online at 0 ms, with what happened since: times in ms. */
function lag(...steps: ['sent' | 'acked', bytes: number, ms: number][]): SessionLag {
  const meter = new SessionLag();
  meter.online(0);
  for (const [what, bytes, ms] of steps) {
    if (what === 'sent') meter.sent(bytes, ms * MS);
    else meter.acknowledged(bytes, ms * MS);
  }
  return meter;
}

describe('lag in bytes', () => {
  it('is what was sent and not acknowledged, at any moment', () => {
    const facts = lag(['sent', 100, 1], ['sent', 300, 2], ['acked', 250, 3], ['sent', 320, 4]).facts(5 * MS);
    expect(facts).toMatchObject({ lastBytes: 70, maxBytes: 300, maxBytesAt: 2 * MS });
  });

  it('tells when the replica had caught up with the highest one', () => {
    const meter = lag(['sent', 100, 1], ['sent', 300, 2], ['acked', 100, 3]);
    expect(meter.facts(4 * MS).caughtUpMs).toBeNull();
    meter.acknowledged(300, 10 * MS);
    expect(meter.facts(11 * MS).caughtUpMs).toBe(8);
  });

  it('counts from the start offset when the first ACK is below it', () => {
    expect(lag(['sent', 14, 1], ['acked', -1363, 2]).facts(3 * MS)).toMatchObject({
      lastBytes: 1377,
      maxBytes: 1377,
    });
  });
});

describe('lag in ms', () => {
  it('is the age of the oldest unacknowledged byte', () => {
    const facts = lag(['sent', 100, 0], ['sent', 200, 400], ['acked', 100, 1000], ['acked', 200, 2000]).facts(
      2000 * MS,
    );
    // 100 bytes waited 1000 ms, the next 100 from 400 to 2000 ms.
    expect(facts).toMatchObject({ maxMs: 1600, lastMs: 0, p50Ms: 1000, p99Ms: 1600 });
  });

  it('goes on growing after the last ACK', () => {
    expect(lag(['sent', 100, 0]).facts(7000 * MS)).toMatchObject({ lastMs: 7000, maxMs: 7000, p50Ms: null });
  });

  it('has one sample an ACK that acknowledges something', () => {
    const facts = lag(['sent', 10, 0], ['acked', 10, 5], ['acked', 10, 1005], ['acked', 10, 2005]).facts(
      3000 * MS,
    );
    expect(facts).toMatchObject({ p50Ms: 5, p99Ms: 5 });
  });

  it('is never understated when segments come faster than they can be kept apart', () => {
    const meter = new SessionLag();
    meter.online(0);
    for (let i = 1; i <= 200_000; i++) meter.sent(i, i * 100);
    meter.acknowledged(100_000, 20_000_000);
    const exact = (20_000_000 - 100_001 * 100) / 1000;
    expect(meter.behindMs).toBeGreaterThanOrEqual(exact);
    expect(meter.behindMs).toBeLessThan(exact + 20);
  });
});

describe('behind', () => {
  it('is what was not applied when the replica spoke', () => {
    const meter = lag(['sent', 100, 0], ['sent', 150, 90], ['acked', 100, 100]);
    expect([meter.behindBytes, meter.behindMs]).toEqual([50, 10]);
    expect(meter.facts(100 * MS)).toMatchObject({ behindMaxBytes: 50, behindMaxMs: 10 });
  });

  it('is not known before the first ACK', () => {
    expect(lag(['sent', 100, 0]).facts(MS)).toMatchObject({ behindMaxBytes: null, behindMaxMs: null });
  });
});

describe('drift', () => {
  it('is not known unless both were at rest', () => {
    expect(
      lag(['sent', 10, 0], ['acked', 10, 1], ['sent', 20, 2], ['acked', 20, 3]).facts(MS).drift,
    ).toBeNull();
  });

  it('is zero on a sound link', () => {
    expect(lag(['sent', 10, 0], ['acked', 10, 1], ['acked', 10, 1001]).facts(MS).drift).toBe(0);
  });

  it('is what the replica counts more or less than it was sent', () => {
    expect(lag(['sent', 10, 0], ['acked', 11, 1], ['acked', 11, 1001]).facts(MS).drift).toBe(1);
    expect(lag(['sent', 10, 0], ['acked', 7, 1], ['acked', 7, 1001]).facts(MS).drift).toBe(-3);
  });
});

describe('the series', () => {
  it('holds the highest lag of each step, whatever the time span', () => {
    const meter = new SessionLag();
    meter.online(0);
    for (let second = 1; second <= 3600; second++) {
      meter.sent(second * 100, second * 1_000_000);
      if (second === 1800) meter.sent(second * 100 + 50, second * 1_000_000 + 1);
      meter.acknowledged(second * 100, second * 1_000_000 + 500_000);
    }
    const { stepMs, maxBytes, startAt } = meter.facts(3_601_000_000).series!;
    expect(startAt).toBe(0);
    expect(maxBytes.length).toBeLessThanOrEqual(60);
    expect(maxBytes.length * stepMs).toBeGreaterThanOrEqual(3_600_000);
    expect(Math.max(...maxBytes)).toBe(meter.facts(0).maxBytes);
    expect(maxBytes.indexOf(150)).toBe(Math.floor(1_800_000 / stepMs));
  });
});

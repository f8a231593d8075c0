import { describe, expect, it } from 'vitest';
import { Samples } from './samples.js';
import { SendTimes } from './send-times.js';

describe('quantiles', () => {
  it('are nearest ranks', () => {
    const samples = new Samples();
    expect(samples.quantile(0.5, 1)).toBeNull();
    for (const value of [40, 10, 30, 20]) samples.push(value);
    expect([samples.quantile(0.5, 1), samples.quantile(0.99, 10), samples.quantile(0, 1)]).toEqual([
      20, 4, 10,
    ]);
  });

  it('stay right, and bounded, over more samples than are kept', () => {
    const samples = new Samples();
    for (let i = 0; i < 1_000_000; i++) samples.push(i % 1000);
    expect(samples.quantile(0.5, 1)).toBeGreaterThan(480);
    expect(samples.quantile(0.5, 1)).toBeLessThan(520);
  });
});

describe('send times', () => {
  it('are those of the segment that held the byte', () => {
    const times = new SendTimes();
    times.push(0, 1000);
    times.push(100, 5000);
    times.push(250, 9000);
    expect([0, 99, 100, 249, 250, 9999].map((byte) => times.at(byte))).toEqual([
      1000, 1000, 5000, 5000, 9000, 9000,
    ]);
    times.forget(100);
    expect(times.at(150)).toBe(5000);
  });

  it('survive any number of segments, the age of a byte never understated', () => {
    const times = new SendTimes();
    for (let i = 0; i < 100_000; i++) times.push(i * 10, i * 1000);
    for (const byte of [0, 500_000, 999_999]) {
      const exact = Math.floor(byte / 10) * 1000;
      expect(times.at(byte)).toBeLessThanOrEqual(exact);
      expect(times.at(byte)).toBeGreaterThan(exact - 64_000);
    }
  });
});

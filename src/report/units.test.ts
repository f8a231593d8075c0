import { describe, expect, it } from 'vitest';
import { clockText, dayText, isoMicros, parseMicros } from './time.js';
import { bytesText, countText, durationText, plural } from './units.js';

describe('units', () => {
  it.each([
    [0, '0 B'],
    [175, '175 B'],
    [5735, '5,735 B'],
    [9999, '9,999 B'],
    [10_000, '10.0 kB'],
    [99_949, '99.9 kB'],
    [99_951, '100 kB'],
    [110_449, '110 kB'],
    [999_499, '999 kB'],
    [999_500, '1.0 MB'],
    [1_234_567, '1.2 MB'],
    [1_234_567_890, '1.2 GB'],
    [Number.MAX_SAFE_INTEGER, '9.0 PB'],
    [-35, '-35 B'],
  ])('%d bytes are %s', (bytes, text) => {
    expect(bytesText(bytes)).toBe(text);
  });

  it.each([
    [0, '0 ms'],
    [0.001, '<0.01 ms'],
    [0.02, '0.02 ms'],
    [0.4, '0.4 ms'],
    [61.1, '61.1 ms'],
    [99.96, '100 ms'],
    [806.1, '806 ms'],
    [999.6, '1.0 s'],
    [66_400, '66.4 s'],
    [99_960, '100 s'],
    [119_600, '2 m 00 s'],
    [133_000, '2 m 13 s'],
    [3_599_600, '1 h 00 m'],
    [3 * 3_600_000 + 2 * 60_000, '3 h 02 m'],
    [52 * 3_600_000, '2 d 04 h'],
    [-1200, '-1.2 s'],
  ])('%d ms is %s', (ms, text) => {
    expect(durationText(ms)).toBe(text);
  });

  it('groups digits', () => {
    expect(countText(7_579_144_822_181)).toBe('7,579,144,822,181');
    expect(countText(-1234)).toBe('-1,234');
    expect(plural(1, 'gap')).toBe('1 gap');
    expect(plural(2000, 'entry', 'entries')).toBe('2,000 entries');
  });
});

describe('times', () => {
  it('has six exact decimals for any microsecond', () => {
    expect(isoMicros(1_795_235_981_897_448)).toBe('2026-11-21T04:39:41.897448Z');
    expect(isoMicros(0)).toBe('1970-01-01T00:00:00.000000Z');
    expect(isoMicros(-1)).toBe('1969-12-31T23:59:59.999999Z');
    // Near 2^53 a plain division by a million rounds up into the next second.
    expect(isoMicros(9_007_199_253_999_999)).toBe('2255-06-05T23:47:33.999999Z');
    expect(isoMicros(Number.MAX_SAFE_INTEGER)).toBe('2255-06-05T23:47:34.740991Z');
  });

  it('agrees with Date on random times, and is read back', () => {
    let seed = 1;
    for (let round = 0; round < 20_000; round++) {
      seed = (seed * 48_271) % 2_147_483_647;
      const ms = Math.floor((seed / 2_147_483_647) * 9_007_199_254_740);
      const rest = seed % 1000;
      const micros = ms * 1000 + rest;
      const expected = `${new Date(ms).toISOString().slice(0, -1)}${String(rest).padStart(3, '0')}Z`;
      expect(isoMicros(micros)).toBe(expected);
      expect(parseMicros(expected)).toBe(micros);
    }
  });

  it('shows the time of day in a zone, with the day on request', () => {
    const micros = parseMicros('2026-11-21T07:51:04.549999Z');
    expect(clockText(micros, { zone: 'utc', decimals: 3, withDate: false })).toBe('07:51:04.549');
    expect(clockText(micros, { zone: 'utc', decimals: 6, withDate: true })).toBe(
      '2026-11-21 07:51:04.549999',
    );
    const local = new Date(Math.floor(micros / 1000));
    const hours = String(local.getHours()).padStart(2, '0');
    expect(clockText(micros, { zone: 'local', decimals: 3, withDate: false }).slice(0, 2)).toBe(hours);
    expect(dayText(micros, 'local')).toMatch(/^2026-11-2[012]$/);
  });
});

import { describe, expect, it } from 'vitest';
import { UsageError } from './errors.js';
import { parseTimeOption } from './time-option.js';

/** 2026-11-21T07:51:04.5Z, µs. */
const FIRST = Date.UTC(2026, 10, 21, 7, 51, 4, 500) * 1000;
const at = (text: string): string =>
  new Date(parseTimeOption('since', text, 'utc')(FIRST) / 1000).toISOString();

describe('times on the command line', () => {
  it.each([
    ['+90s', '2026-11-21T07:52:34.500Z'],
    ['+1.5m', '2026-11-21T07:52:34.500Z'],
    ['+250ms', '2026-11-21T07:51:04.750Z'],
    ['+2', '2026-11-21T07:51:06.500Z'],
    ['07:51', '2026-11-21T07:51:00.000Z'],
    ['7:51:10.25', '2026-11-21T07:51:10.250Z'],
    ['2026-11-21', '2026-11-21T00:00:00.000Z'],
    ['2026-11-21T07:51:04.123456Z', '2026-11-21T07:51:04.123Z'],
    ['2026-11-21 07:51:04', '2026-11-21T07:51:04.000Z'],
    ['2026-11-21T07:51:04+02:00', '2026-11-21T05:51:04.000Z'],
  ])('%s', (text, wanted) => {
    expect(at(text)).toBe(wanted);
  });

  it('keep microseconds', () => {
    expect(parseTimeOption('since', '2026-11-21T07:51:04.123456Z', 'utc')(FIRST) % 1_000_000).toBe(123_456);
  });

  it.each(['yesterday', '25', '', '+', '2026-13-45', '12:3', '25:99', '24:00', '12:00:60'])(
    '%j is refused',
    (text) => {
      expect(() => parseTimeOption('since', text, 'utc')).toThrow(UsageError);
    },
  );
});

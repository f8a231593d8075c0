import { describe, expect, it } from 'vitest';
import { RDB_CASES } from '../testing/rdb-cases.js';
import { random, traceOf } from '../testing/rdb-trace.js';

const whole = () => Number.MAX_SAFE_INTEGER;

describe.each(RDB_CASES)('$name', ({ payload, trace }) => {
  const expected = traceOf(payload, 'elements', whole);

  it('tells every record and element', () => {
    expect(expected.facts.error).toBeNull();
    expect(expected.lines).toEqual(trace);
    expect(expected.facts.complete).toBe(true);
    expect(expected.endPosition).toBe(payload.length);
    expect(expected.facts.position).toBe(payload.length);
  });

  it('tells the same at level keys, without elements', () => {
    const { lines, facts } = traceOf(payload, 'keys', whole);
    expect(lines).toEqual(trace.filter((line) => !line.startsWith('  ')));
    expect(facts).toEqual(expected.facts);
  });

  it('tells the same however it is cut into pieces', () => {
    const draw = random(payload.length);
    for (const level of ['keys', 'elements'] as const) {
      const once = traceOf(payload, level, whole);
      for (const next of [() => 1, () => 7, () => 1 + draw(20), () => 1 + draw(300)]) {
        expect(traceOf(payload, level, next)).toEqual(once);
      }
    }
  });

  it('verifies the checksum at level framing', () => {
    for (const next of [whole, () => 1, () => 5, () => 8, () => 9, () => 13]) {
      const { facts, endPosition } = traceOf(payload, 'framing', next);
      expect(facts.checksum).toBe(expected.facts.checksum);
      expect(facts.complete).toBe(true);
      expect(endPosition).toBe(payload.length);
      expect(facts.server).toBe(expected.facts.server);
    }
  });

  it('breaks off without an error, wherever it is cut off', () => {
    for (let end = 0; end < payload.length; end += payload.length > 2000 ? 97 : 1) {
      const { facts, lines } = traceOf(payload.subarray(0, end), 'elements', whole);
      expect(facts.error).toBeNull();
      expect(facts.complete).toBe(false);
      expect(facts.checksum).toBe('unchecked');
      expect(lines).toEqual(expected.lines.slice(0, lines.length));
    }
  });

  it('covers the payload with its records', () => {
    let last = 9;
    for (const [position, bytes] of expected.records) {
      expect(position).toBeGreaterThanOrEqual(last);
      last = position + bytes;
    }
    expect(last).toBeLessThan(payload.length);
  });
});

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { random, traceOf } from '../testing/rdb-trace.js';
import type { RdbPayloadFacts } from './facts.js';

const folder = new URL('../../fixtures/rdb/', import.meta.url);
const names = readdirSync(folder).filter((name) => name.endsWith('.rdb'));

interface Expected {
  sha256: string;
  facts: Omit<Partial<RdbPayloadFacts>, 'databases'> & { databases: object };
  elements: Record<string, number>;
}

it('has fixtures of several versions', () => {
  expect(names.length).toBeGreaterThan(5);
});

describe.each(names)('%s', (name) => {
  const payload = readFileSync(new URL(name, folder));
  const expected = JSON.parse(
    readFileSync(new URL(name.replace('.rdb', '.expect.json'), folder), 'utf8'),
  ) as Expected;
  const trace = traceOf(payload, 'elements', () => payload.length);

  it('has the facts its master told', () => {
    expect(createHash('sha256').update(payload).digest('hex')).toBe(expected.sha256);
    const { databases, ...facts } = trace.facts;
    const { databases: counts, ...others } = expected.facts;
    expect(facts).toMatchObject({ ...others, error: null, trailingBytes: 0 });
    expect(facts.types).toEqual(others.types);
    expect(databases).toMatchObject(counts);
    expect(Object.keys(databases ?? {})).toEqual(Object.keys(counts));
    for (const { keys, expires, sizeHint } of Object.values(databases ?? {})) {
      if (sizeHint !== null) expect(sizeHint).toEqual({ keys, expires });
    }
    expect(trace.endPosition).toBe(payload.length);
  });

  it('has as many elements as ever', () => {
    const elements: Record<string, number> = {};
    for (const line of trace.lines) {
      const kind = /^ {2}(\S+)/.exec(line)?.[1];
      if (kind !== undefined) elements[kind] = (elements[kind] ?? 0) + 1;
    }
    expect(elements).toEqual(expected.elements);
  });

  it('says the same in pieces and at level keys', () => {
    const draw = random(payload.length);
    for (const next of [() => 1, () => 1448, () => 1 + draw(5000)]) {
      expect(traceOf(payload, 'elements', next)).toEqual(trace);
      const keys = traceOf(payload, 'keys', next);
      expect(keys.facts).toEqual(trace.facts);
      expect(keys.records).toEqual(trace.records);
      expect(keys.lines).toEqual(trace.lines.filter((line) => /^(aux|db|resize|function|key) /.test(line)));
    }
  });
});

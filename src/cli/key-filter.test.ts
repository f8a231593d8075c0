import { describe, expect, it } from 'vitest';
import { globMatches } from './key-filter.js';

const matches = (pattern: string, text: string): boolean =>
  globMatches(Buffer.from(pattern, 'latin1'), Buffer.from(text, 'latin1'));

describe('patterns are those of KEYS and SCAN', () => {
  it.each([
    ['*', '', true],
    ['*', 'anything', true],
    ['', '', true],
    ['', 'a', false],
    ['user:*', 'user:1', true],
    ['user:*', 'users', false],
    ['h?llo', 'hello', true],
    ['h?llo', 'hllo', false],
    ['h[ae]llo', 'hallo', true],
    ['h[ae]llo', 'hillo', false],
    ['h[^e]llo', 'hallo', true],
    ['h[^e]llo', 'hello', false],
    ['h[a-b]llo', 'hbllo', true],
    ['h[b-a]llo', 'hbllo', true],
    ['h[a-b]llo', 'hcllo', false],
    ['a\\*b', 'a*b', true],
    ['a\\*b', 'axb', false],
    ['[\\]]', ']', true],
    ['[a-', 'a', true],
    ['[', '[', false],
    ['a\\', 'a\\', true],
    ['**a**', 'bab', true],
    ['*a*b*c', 'xxaxxbxxc', true],
    ['*a*b*c', 'xxaxxcxxb', false],
    ['a*', 'A', false],
    ['\xff*', '\xffkey', true],
  ])('%j and %j: %s', (pattern, text, expected) => {
    expect(matches(pattern, text)).toBe(expected);
  });

  it('take no more than the product of both lengths', () => {
    const started = performance.now();
    expect(matches(`${'a*'.repeat(200)}b`, 'a'.repeat(20_000))).toBe(false);
    expect(performance.now() - started).toBeLessThan(2000);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeyDecoder } from './key-decoder.js';

function decode(...pieces: string[]): string[] {
  const decoder = new KeyDecoder();
  return [...pieces.flatMap((piece) => decoder.feed(piece)), ...decoder.flush()];
}

describe('keys of a terminal', () => {
  it.each<[string, string[], string[]]>([
    ['letters', ['qj?'], ['q', 'j', '?']],
    ['wide characters', ['雪é🙂'], ['雪', 'é', '🙂']],
    ['control keys', ['\r\x03\x04\x0c\x1a'], ['enter', 'ctrl-c', 'ctrl-d', 'ctrl-l', 'ctrl-z']],
    ['other control keys', ['\x01\x00'], []],
    ['arrows', ['\x1b[A\x1b[B\x1b[C\x1b[D'], ['up', 'down', 'right', 'left']],
    ['arrows in application mode', ['\x1bOA\x1bOB'], ['up', 'down']],
    ['pages, home and end', ['\x1b[5~\x1b[6~\x1b[H\x1b[4~'], ['pageup', 'pagedown', 'home', 'end']],
    ['an arrow in three pieces', ['\x1b', '[', 'B', 'q'], ['down', 'q']],
    ['the escape key', ['\x1b'], ['escape']],
    ['the escape key twice', ['\x1b\x1b'], ['escape', 'escape']],
    ['the escape key, then a letter', ['\x1bq'], ['escape', 'q']],
    ['unknown sequences', ['\x1b[1;5A\x1b[200~\x1b[<0;1;2Mq'], ['q']],
    ['a sequence without an end', ['\x1b[1'], []],
  ])('%s', (_, pieces, expected) => {
    expect(decode(...pieces)).toEqual(expected);
  });

  it('are the same however they are cut', () => {
    const parts = ['\x1b[A', '\x1bOB', '\x1b[5~', '\x1b[1;5C', 'q', 'j', '\r', '雪'];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...parts)), fc.array(fc.nat(20)), (list, cuts) => {
        const text = list.join('');
        const places = [...new Set([0, ...cuts.map((cut) => Math.min(cut, text.length)), text.length])].sort(
          (a, b) => a - b,
        );
        const pieces = places.slice(1).map((to, i) => text.slice(places[i]!, to));
        expect(decode(...pieces)).toEqual(decode(text));
      }),
    );
  });

  it('hold little, whatever comes', () => {
    const decoder = new KeyDecoder();
    expect(decoder.feed(`\x1b[${'1'.repeat(100_000)}`).length).toBeGreaterThan(0);
    expect(decoder.isHolding).toBe(false);
  });
});

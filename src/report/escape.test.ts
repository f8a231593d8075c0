import { describe, expect, it } from 'vitest';
import { toAscii } from './ascii.js';
import { escapeBytes, escapeText, quoteBytes } from './escape.js';
import { safeJson } from './json.js';
import { flow, renderLine, wrapWords } from './layout.js';
import { sparkline } from './sparkline.js';
import { cutToWidth, displayWidth, padLeft, padRight } from './width.js';

const bytes = (text: string) => new TextEncoder().encode(text);

describe('escaping', () => {
  it.each([
    ['plain text', 'plain text'],
    ['\r\n\t', '\\r\\n\\t'],
    ['\u001b[31mred\u0007\u0000\u007f', '\\x1b[31mred\\x07\\x00\\x7f'],
    ['a\\x1b', 'a\\\\x1b'],
    ['grüße 鍵 🔑', 'grüße 鍵 🔑'],
    [
      '\u202eevil\u2066\u200b\ufeff\u2028\u2029',
      '\\u{202e}evil\\u{2066}\\u{200b}\\u{feff}\\u{2028}\\u{2029}',
    ],
    ['\u009b2J\u00ad\u061c\u{e0041}', '\\u{9b}2J\\u{ad}\\u{61c}\\u{e0041}'],
  ])('%j', (text, expected) => {
    expect(escapeText(text)).toBe(expected);
    expect(escapeBytes(bytes(text))).toBe(expected);
  });

  it.each([
    [[0xff, 0x41], '\\xffA'],
    [[0xc0, 0xaf], '\\xc0\\xaf'],
    [[0xe0, 0x80, 0x80], '\\xe0\\x80\\x80'],
    [[0xed, 0xa0, 0x80], '\\xed\\xa0\\x80'],
    [[0xf4, 0x90, 0x80, 0x80], '\\xf4\\x90\\x80\\x80'],
    [[0xe9, 0x8d], '\\xe9\\x8d'],
    [[0xf0, 0x9f, 0x94, 0x91], '🔑'],
  ])('invalid UTF-8 %j', (list, expected) => {
    expect(escapeBytes(Uint8Array.from(list))).toBe(expected);
  });

  it('agrees with the decoder on what is valid UTF-8', () => {
    const decoder = new TextDecoder('utf-8', { fatal: true });
    let seed = 7;
    for (let round = 0; round < 5000; round++) {
      const list = Uint8Array.from({ length: 6 }, () => {
        seed = (seed * 48_271) % 2_147_483_647;
        return 0x80 | (seed & 0xff);
      });
      let valid = true;
      try {
        decoder.decode(list);
      } catch {
        valid = false;
      }
      expect(/\\x[89a-f]/.test(escapeBytes(list))).toBe(!valid);
    }
  });

  it('escapes a lone surrogate', () => {
    expect(escapeText('a\ud800b')).toBe('a\\u{d800}b');
  });

  it('cuts to columns, never inside an escape', () => {
    expect(escapeText('abcdef', 6)).toBe('abcdef');
    expect(escapeText('abcdef', 5)).toBe('abcd…');
    expect(escapeBytes(bytes('ab\u0001cd'), 5)).toBe('ab…');
    expect(escapeText('鍵鍵鍵', 5)).toBe('鍵鍵…');
    expect(escapeText('abc', 0)).toBe('');
    expect(escapeBytes(new Uint8Array(1_000_000), 10)).toBe('\\x00\\x00…');
  });

  it('bounds combining marks, which take no columns', () => {
    expect(escapeText(`a${'\u0301'.repeat(100_000)}`, 10).length).toBeLessThan(200);
  });

  it('quotes words as redis-cli does', () => {
    expect(quoteBytes(bytes('a b'))).toBe('"a b"');
    expect(quoteBytes(bytes('a "b"'))).toBe('"a \\"b\\""');
    expect(quoteBytes(bytes(''))).toBe('""');
    expect(quoteBytes(bytes('key'))).toBe('key');
    expect(quoteBytes(bytes('two words are long'), 10)).toBe('"two wor…"');
  });

  it('makes JSON that a terminal can show, without changing its value', () => {
    const value = { text: '\u009b\u202e\u2028\u001b\u{e0041} ok 鍵' };
    const json = safeJson(value);
    expect(json).toBe('{"text":"\\u009b\\u202e\\u2028\\u001b\\udb40\\udc41 ok 鍵"}');
    expect(JSON.parse(json)).toEqual(value);
  });
});

describe('width', () => {
  it.each([
    ['abc', 3],
    ['鍵', 2],
    ['e\u0301', 1],
    ['▁█├', 3],
    ['🔑', 2],
    ['', 0],
  ])('%j takes %d columns', (text, width) => {
    expect(displayWidth(text)).toBe(width);
  });

  it('cuts and pads by columns', () => {
    expect(cutToWidth('鍵鍵', 3)).toBe('鍵…');
    expect(cutToWidth('abc', 0)).toBe('');
    expect(padRight('鍵', 4)).toBe('鍵  ');
    expect(padLeft('鍵', 1)).toBe('鍵');
  });

  it('flows pieces over lines', () => {
    const texts = flow([{ text: 'one' }, { text: 'two' }, { text: 'three four five', before: '  ' }], 9).map(
      (row) => row.map((part) => part.text).join(''),
    );
    expect(texts).toEqual(['one · two', 'three', 'four five']);
    expect(wrapWords('aaaaaaaaaaaa b', 5)).toEqual(['aaaa…', 'b']);
    expect(renderLine([{ text: 'abc' }, { text: 'def' }], 5)).toBe('abcd…');
  });
});

describe('symbols', () => {
  it('translates to ASCII of the same width', () => {
    const text = '├ └ │ → ← · … × – ▁▂▃▄▅▆▇█ 鍵 é';
    const ascii = toAscii(text);
    expect(ascii).toMatch(/^[\x20-\x7e]*$/);
    expect(ascii.length).toBe(displayWidth(text));
  });

  it('draws sparklines', () => {
    expect(sparkline([0, 1, 50, 100], 10)).toBe('▁▂▅█');
    expect(sparkline([0, 0, 0], 10)).toBe('▁▁▁');
    expect(sparkline([], 10)).toBe('');
    expect(sparkline([0, 9, 0, 0, 0, 3], 3)).toBe('█▁▄');
    expect(sparkline([0, 1, 100], 3, true)).toBe('_.#');
    expect(sparkline([Number.NaN, -1, 5], 3)).toBe('▁▁█');
    expect(sparkline([1, 2], 0)).toBe('');
  });
});

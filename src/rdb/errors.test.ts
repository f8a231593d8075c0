import { describe, expect, it } from 'vitest';
import { traceOf } from '../testing/rdb-trace.js';
import {
  concat,
  integer,
  intset,
  length,
  listpack,
  RdbWriter,
  streamId,
  streamNode,
  string,
  ziplist,
  zipmap,
} from '../testing/rdb-writer.js';
import type { RdbLevel } from './decoder.js';

const whole = () => Number.MAX_SAFE_INTEGER;
const bytes = (text: string) => new TextEncoder().encode(text);

/** Magic, and position of what comes behind key `k` of the given type: 9 of magic, type, 2 of key. */
const VALUE_AT = 12;

function value(type: number, ...parts: (Uint8Array | number[])[]): Uint8Array {
  return new RdbWriter(12).key(type, 'k', ...parts).end();
}

/** Behind the nodes of a stream of type 21: all numbers 0, no groups. */
const NO_MORE = new Uint8Array(9);

function changed(blob: Uint8Array, at: number, byte: number): Uint8Array {
  const copy = blob.slice();
  copy[at < 0 ? copy.length + at : at] = byte;
  return string(copy, 'raw');
}

function errorOf(payload: Uint8Array, level: RdbLevel) {
  const once = traceOf(payload, level, whole);
  for (const next of [() => 1, () => 3]) expect(traceOf(payload, level, next)).toEqual(once);
  if (once.facts.error !== null) {
    expect(once.facts.checksum).toBe('unchecked');
    expect(once.facts.complete).toBe(false);
    expect(once.facts.position).toBe(payload.length);
  }
  return once.facts.error;
}

describe('what stops the decoder at every level that parses', () => {
  it.each<[string, Uint8Array, number, string]>([
    ['other bytes', bytes('+FULLRESYNC'), 0, 'magic'],
    ['a version without digits', bytes('REDISxxxx'), 0, 'magic'],
    ['version 0', bytes('REDIS0000'), 0, 'version 0'],
    ['an unknown type', new RdbWriter(12).key(8, 'k').end(), 9, 'unknown object type 8'],
    ['a module of before 4.0', new RdbWriter(8).key(6, 'k').end(), 9, 'unknown object type 6'],
    ['a hash template', new RdbWriter(15).key(30, 'k').end(), 9, 'unknown object type 30'],
    ['a path hash of Valkey', new RdbWriter(81, 'VALKEY').key(23, 'k').end(), 9, 'unknown object type 23'],
    [
      'a type of Redis in Valkey',
      new RdbWriter(80, 'VALKEY').key(25, 'k').end(),
      9,
      'unknown object type 25',
    ],
    ['an unknown opcode', new RdbWriter(12).raw([210]).end(), 9, 'unknown opcode 210'],
    ['an inline command of Valkey', new RdbWriter(81, 'VALKEY').raw([242]).end(), 9, 'unknown opcode 242'],
    ['length byte 0x82', value(0, [0x82, 0, 0, 0, 1, 65]), VALUE_AT, 'length byte 0x82'],
    ['length byte 0xbf', value(0, [0xbf, 0, 0, 0, 1, 65]), VALUE_AT, 'length byte 0xbf'],
    ['string encoding 4', value(0, [0xc4, 1]), VALUE_AT, 'unknown string encoding 4'],
    ['a special encoding as a count', value(1, [0xc0, 1]), VALUE_AT, 'special string encoding'],
    ['a special encoding as the length of LZF', value(0, [0xc3, 0xc0, 1]), VALUE_AT + 1, 'special string'],
    ['a length above 2^53', value(0, [0x81, 0, 0x20, 0, 0, 0, 0, 0, 0]), VALUE_AT, 'above 2^53'],
    ['a count above 2^53', value(2, [0x81, 0xff, 0, 0, 0, 0, 0, 0, 0]), VALUE_AT, 'above 2^53'],
    ['an LZF bomb', value(0, [0xc3, 3, 0x80, 0x7f, 0, 0, 0, 0, 1, 0]), VALUE_AT + 2, 'longer than its input'],
    ['database 2^31', new RdbWriter(9).raw([254, 0x80, 0x80, 0, 0, 0]).end(), 10, 'database 2147483648'],
    ['list node kind 3', value(18, length(1), length(3), string('x')), VALUE_AT + 1, 'list node of kind 3'],
    ['array element kind 4', value(28, length(1), length(0), length(0), length(4)), VALUE_AT + 3, 'kind 4'],
    ['module opcode 6', value(7, length(1), length(6)), VALUE_AT + 1, 'module opcode 6'],
    ['module data without "when"', new RdbWriter(9).raw([247, 1, 1]).end(), 11, '"when"'],
    ['an integer as a listpack', value(16, string('5')), VALUE_AT, 'an integer where a listpack'],
    ['a listpack of 6 bytes', value(16, string('x23456')), VALUE_AT + 1, 'listpack of 6 bytes'],
    [
      'a listpack of another size',
      value(16, changed(listpack(['a', 'b']), 0, 14)),
      VALUE_AT + 1,
      'listpack of 14',
    ],
    ['a listpack of half a pair', value(16, string(listpack(['a']))), VALUE_AT + 1, '1 entries where 2'],
    [
      'a listpack of half a triple',
      value(25, integer(0, 8), string(listpack(['a', 'b']))),
      VALUE_AT + 9,
      'where 3',
    ],
    [
      'a ziplist of another size',
      value(10, changed(ziplist(['a', 'b']), 0, 99)),
      VALUE_AT + 1,
      'ziplist of 99',
    ],
    [
      'a ziplist that ends outside',
      value(10, changed(ziplist(['a', 'b']), 4, 17)),
      VALUE_AT + 1,
      'last entry outside',
    ],
    ['an intset of width 3', value(11, changed(intset([1, 2], 4), 0, 3)), VALUE_AT + 1, 'width 3'],
    ['an intset of another size', value(11, changed(intset([1, 2], 4), 4, 3)), VALUE_AT + 1, '3 times 4'],
    ['a zipmap of 1 byte', value(9, string('x')), VALUE_AT + 1, 'zipmap of 1'],
    [
      'a stream node key of 15 bytes',
      value(21, length(1), string('123456789abcdef')),
      VALUE_AT + 1,
      '15 bytes',
    ],
    [
      'an empty stream node',
      value(21, length(1), string(streamId(1, 1)), string(listpack([]))),
      VALUE_AT + 19,
      'empty',
    ],
  ])('%s', (_name, payload, position, message) => {
    for (const level of ['keys', 'elements'] as const) {
      const error = errorOf(payload, level);
      expect(error?.message).toContain(message);
      expect(error?.position).toBe(position);
    }
  });
});

describe('what only level elements looks at', () => {
  const bad = (type: number, blob: Uint8Array) => value(type, string(blob, 'raw'));
  it.each<[string, Uint8Array, string]>([
    ['LZF that yields less', value(0, [0xc3, 2, 5, 0, 65]), 'less output'],
    ['a listpack without its end byte', value(16, changed(listpack(['a', 'b']), -1, 0)), 'beyond the end'],
    ['a listpack with a wrong count', bad(16, listpack(['a', 'b'], 4)), '2 entries where 4'],
    [
      'a listpack with a wrong backward length',
      value(16, changed(listpack(['a', 'b']), 8, 3)),
      'backward length',
    ],
    ['an unknown listpack entry', value(16, changed(listpack(['a', 'b']), 6, 0xf7)), 'type 0xf7'],
    ['a listpack entry beyond the end', value(16, changed(listpack(['a', 'b']), 6, 0xbf)), 'beyond the end'],
    ['a listpack that ends early', value(16, changed(listpack(['a', 'b']), 9, 0xff)), 'ends before'],
    [
      'a ziplist with another previous length',
      value(10, changed(ziplist(['a', 'b']), 13, 9)),
      'previous entry',
    ],
    ['a ziplist entry beyond the end', value(10, changed(ziplist(['a', 'b']), 11, 40)), 'beyond the end'],
    ['an unknown ziplist entry', value(10, changed(ziplist(['a', 'b']), 11, 0x81)), 'encoding 0x81'],
    ['a ziplist that points elsewhere', value(10, changed(ziplist(['a', 'b']), 4, 10)), 'points elsewhere'],
    ['an intset that does not ascend', bad(11, intset([3, 3], 2)), 'not ascending'],
    ['a zipmap with a wrong count', bad(9, zipmap(['a', 'b'], 0, 2)), '1 entries where 2'],
    ['a zipmap of half a pair', value(9, concat([6], [1, 1, 97, 0xff, 98, 0xff])), 'without a value'],
    ['a score that is none', bad(17, listpack(['a', 'b'])), 'a score is required'],
    ['an expiry that is none', bad(25 - 2, listpack(['a', 'b', 'c'])), 'a number is required'],
    [
      'a stream node with another count',
      value(21, length(1), string(streamId(1, 1)), changed(streamNode(['f'], []), 6, 1), NO_MORE),
      '0 stream entries where 1',
    ],
    [
      'a stream node that ends early',
      value(21, length(1), string(streamId(1, 1)), string(listpack([1, 0, 1, 'f', 0, 2, 0, 0])), NO_MORE),
      'has no end',
    ],
  ])('%s', (_name, payload, message) => {
    expect(errorOf(payload, 'keys')).toBeNull();
    expect(errorOf(payload, 'elements')?.message).toContain(message);
  });
});

it('counts on behind an error and behind the end', () => {
  const payload = new RdbWriter(9).key(0, 'k', string('v')).raw([199]).end();
  const { facts } = traceOf(payload, 'keys', () => 4);
  expect(facts.keys).toBe(1);
  expect(facts.position).toBe(payload.length);
  const over = traceOf(concat(new RdbWriter(9).end(), bytes('$EOF')), 'keys', () => 4);
  expect(over.facts.trailingBytes).toBe(4);
  expect(over.endPosition).toBe(18);
  expect(over.facts.checksum).toBe('valid');
});

it('tells a wrong checksum, and one that was not written', () => {
  for (const level of ['framing', 'keys'] as const) {
    const checksum = (how: 'wrong' | 'zero', version = 9) =>
      traceOf(new RdbWriter(version).key(0, 'k', string('v')).end(how), level, () => 5).facts.checksum;
    expect(checksum('wrong')).toBe('invalid');
    expect(checksum('zero')).toBe('disabled');
    expect(checksum('zero', 4)).toBe('absent');
  }
});

it('cannot count what the header of a container does not tell, unless it walks', () => {
  const payload = value(20, string(listpack(['a', 'b'], 0xffff)));
  expect(traceOf(payload, 'keys', whole).lines).toEqual(['key 0 k set/20 listpack null']);
  expect(traceOf(payload, 'elements', whole).lines).toEqual([
    '  set a',
    '  set b',
    'key 0 k set/20 listpack 2',
  ]);
});

it('cuts what is longer than its limits, and says so', () => {
  const limits = { keyBytes: 3, elementBytes: 4, blobBytes: 20, functionBytes: 6 };
  const payload = new RdbWriter(11)
    .raw([245], string('#!lua name=x'))
    .key(1, 'longer', length(2), string('longest'), string('z'.repeat(200), 'lzf'))
    .key(20, 'blob', string(listpack(['x'.repeat(100)])))
    .key(20, 'lzf', string(listpack(['x'.repeat(100)]), 'lzf'))
    .key(20, 'ok', string(listpack(['x', 'y'])))
    .end();
  for (const next of [whole, () => 1, () => 10]) {
    expect(traceOf(payload, 'elements', next, limits).lines).toEqual([
      'function 12 #!lua ',
      '  list long',
      '  list zzzz',
      'key 0 lon list/1 linkedlist 2 cut',
      'key 0 blo set/20 listpack 1 cut',
      'key 0 lzf set/20 listpack 1 cut',
      '  set x',
      '  set y',
      'key 0 ok set/20 listpack 2',
    ]);
  }
});

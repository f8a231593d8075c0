import { describe, expect, it } from 'vitest';
import { encodeInline, encodeRequest } from './encode-request.js';
import { splitInline } from './inline-words.js';
import { MAX_BULK_BYTES } from './limits.js';
import { RequestParser } from './request-parser.js';

/** Everything a parser told, as text: `<raw>` of each request behind its words, `NL` for a newline, `!` for the end. */
function parse(input: string | Uint8Array, piece = Number.POSITIVE_INFINITY): string[] {
  const told: string[] = [];
  const raws: Uint8Array[] = [];
  const parser = new RequestParser({
    command: (command, raw) => {
      told.push(command.map((word) => Buffer.from(word).toString('latin1')).join('|'));
      raws.push(raw);
    },
    newline: (raw) => {
      told.push(`NL${raw.length}`);
      raws.push(raw);
    },
    broken: (reason) => told.push(`!${reason}`),
  });
  const bytes = typeof input === 'string' ? Buffer.from(input, 'latin1') : input;
  for (let at = 0; at < bytes.length; at += piece) {
    // What was fed is borrowed: it is wiped as soon as feed() returns.
    const span = Uint8Array.from(bytes.subarray(at, at + piece));
    parser.feed(span);
    span.fill(0x58);
  }
  const broken = told.some((text) => text.startsWith('!'));
  const raw = Buffer.concat(raws);
  expect(raw.equals(bytes.subarray(0, raw.length))).toBe(true);
  if (!broken) expect(raw.length + parser.held).toBe(bytes.length);
  return told;
}

const STREAM = [
  encodeRequest(['SET', 'key', 'value']),
  Buffer.from('\n'),
  encodeRequest([Buffer.from('SET'), Buffer.from('bin'), Uint8Array.of(0, 13, 10, 42, 255)]),
  Buffer.from('PING\r\n'),
  Buffer.from('set  k "a b"\n'),
  Buffer.from('\r\n*0\r\n*-1\r\n   \r\n'),
  encodeRequest(['ECHO', '']),
];
const TOLD = [
  'SET|key|value',
  'NL1',
  'SET|bin|\0\r\n*\xff',
  'PING',
  'set|k|a b',
  'NL2',
  'NL4',
  'NL5',
  'NL5',
  'ECHO|',
];

describe('RequestParser', () => {
  it('tells requests and newlines apart, whole', () => {
    expect(parse(Buffer.concat(STREAM))).toEqual(TOLD);
  });

  it.each([1, 2, 3, 5, 7, 11, 64])('gives the same in pieces of %i bytes', (piece) => {
    expect(parse(Buffer.concat(STREAM), piece)).toEqual(TOLD);
  });

  it('keeps a request that has not come to its end', () => {
    const whole = encodeRequest(['SET', 'key', 'value']);
    for (let cut = 1; cut < whole.length; cut++) expect(parse(whole.subarray(0, cut))).toEqual([]);
  });

  it('takes long values in many spans', () => {
    const value = 'v'.repeat(300_000);
    const input = Buffer.concat([encodeRequest(['SET', 'k', value]), encodeRequest(['PING'])]);
    expect(parse(input, 1448)).toEqual([`SET|k|${value}`, 'PING']);
  });

  it.each([
    ['*a\r\n', 'invalid multibulk length'],
    ['*1048577\r\n', 'invalid multibulk length'],
    ['*2\r\n$3\r\nGET\r\n+x\r\n', "expected '$', got '+'"],
    ['*1\r\n$-1\r\n', 'invalid bulk length'],
    [`*1\r\n$${MAX_BULK_BYTES + 1}\r\n`, 'invalid bulk length'],
    ['*1\r\n$99999999999999999999\r\n', 'invalid bulk length'],
    ['set k "open\r\n', 'unbalanced quotes in request'],
    [`${'x'.repeat(65_600)}`, 'too big inline request'],
    [`*${'1'.repeat(65_600)}`, 'too big mbulk count string'],
    [`*1\r\n$${'1'.repeat(65_600)}`, 'too big bulk count string'],
  ])('ends at %.24s', (input, reason) => {
    for (const piece of [100_000, 7])
      expect(parse(`PING\r\n${input}\r\nPING\r\n`, piece)).toEqual(['PING', `!${reason}`]);
  });

  it('bounds all of a request, not only its words', () => {
    const word = `$${MAX_BULK_BYTES}\r\n${'x'.repeat(MAX_BULK_BYTES)}\r\n`;
    const told: string[] = [];
    const parser = new RequestParser({
      command: () => told.push('command'),
      newline: () => told.push('newline'),
      broken: (reason) => told.push(reason),
    });
    parser.feed(Buffer.from('*5\r\n'));
    for (let i = 0; i < 5; i++) parser.feed(Buffer.from(word));
    expect(told).toEqual(['invalid bulk length']);
  });

  it('stops in the middle of a span when told so', () => {
    const told: string[] = [];
    const parser: RequestParser = new RequestParser({
      command: (command) => {
        told.push(String(command[0]));
        parser.stop();
      },
      newline: () => {},
      broken: () => {},
    });
    parser.feed(Buffer.from('PING\r\nPING\r\n'));
    parser.feed(Buffer.from('PING\r\n'));
    expect(told).toHaveLength(1);
  });
});

describe('splitInline', () => {
  const split = (text: string): string[] | null =>
    splitInline(Buffer.from(text, 'latin1'))?.map((word) => Buffer.from(word).toString('latin1')) ?? null;

  it.each([
    ['  a  b\tc ', ['a', 'b', 'c']],
    ['set k "two words"', ['set', 'k', 'two words']],
    [String.raw`a "\x41\n\t\"\q\\"`, ['a', 'A\n\t"q\\']],
    [String.raw`a "\xZZ"`, ['a', 'xZZ']],
    [String.raw`a 'it\'s \n'`, ['a', String.raw`it's \n`]],
    ['a ""', ['a', '']],
    ['a"b c"', ['ab c']],
    ['', []],
    ['a "b"c', null],
    ["a 'b", null],
    ['a "b\\', null],
  ])('%s', (text, words) => {
    expect(split(text)).toEqual(words);
  });
});

describe('encoders', () => {
  it('write what servers write', () => {
    const ack = '*3\r\n$8\r\nREPLCONF\r\n$3\r\nACK\r\n$1\r\n0\r\n';
    expect(Buffer.from(encodeRequest(['REPLCONF', 'ACK', '0'])).toString()).toBe(ack);
    expect(Buffer.from(encodeRequest(['é'])).toString()).toBe('*1\r\n$2\r\né\r\n');
    expect(Buffer.from(encodeInline(['PSYNC', '?', '-1'])).toString()).toBe('PSYNC ? -1\r\n');
  });
});

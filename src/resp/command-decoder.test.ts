import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { resp } from '../testing/talk.js';
import { argumentText, readArguments } from './arguments.js';
import { CommandDecoder } from './command-decoder.js';
import { CommandNames } from './command-names.js';

interface Log {
  lines: string[];
  decoder: CommandDecoder;
  feed(text: string | Uint8Array, chunk?: number): Log;
}

/** Decodes and writes down what it was told, with positions: `SET 0-33`. */
function decoder(): Log {
  const names = new CommandNames();
  const lines: string[] = [];
  let position = 0;
  const log: Log = {
    lines,
    decoder: new CommandDecoder(
      names,
      {
        command(name, bytes, from, kept, length, end) {
          const list = readArguments(bytes, from, from + kept, 8);
          const words = list.ranges.length / 2;
          const shown: string[] = [];
          for (let i = 1; i < words; i++) shown.push(argumentText(bytes, list, i, 12)!);
          lines.push(
            `${names.name(name)} ${end - length}-${end}${shown.length > 0 ? ` [${shown.join(' ')}]` : ''}`,
          );
        },
        newline: (at) => lines.push(`newline ${at}`),
        lost: (at) => lines.push(`lost ${at}`),
        found: (at, skipped) => lines.push(`found ${at} after ${skipped}`),
      },
      { learn: true, inline: true },
    ),
    feed(text, chunk = Number.POSITIVE_INFINITY) {
      const bytes = typeof text === 'string' ? Buffer.from(text, 'latin1') : text;
      for (let at = 0; at < bytes.length; at += chunk) {
        const end = Math.min(bytes.length, at + chunk);
        log.decoder.data(bytes, at, end, position + at, 0, 0);
      }
      position += bytes.length;
      return log;
    },
  };
  return log;
}

/** Expected lines; END stands for the length of the input. */
const CASES: [name: string, input: string, lines: string[]][] = [
  ['a command', resp('SET', 'key', 'value'), ['SET 0-33 [key value]']],
  ['lower case is the same name', resp('ping'), ['PING 0-14']],
  ['several in a row', resp('PING') + resp('SELECT', '3'), ['PING 0-14', 'SELECT 14-37 [3]']],
  [
    'a container counts with its subcommand',
    resp('REPLCONF', 'GETACK', '*'),
    ['REPLCONF GETACK 0-37 [GETACK *]'],
  ],
  [
    'a subcommand in lower case',
    resp('xgroup', 'create', 'k', 'g', '$'),
    ['XGROUP CREATE 0-END [create k g $]'],
  ],
  ['inline', 'PING\r\n', ['PING 0-6']],
  ['inline of 2.4 with a trailing blank', 'SYNC \r\n', ['SYNC 0-7']],
  [
    'inline with arguments',
    'REPLCONF capa eof capa psync2\r\n',
    ['REPLCONF CAPA 0-END [capa eof capa psync2]'],
  ],
  ['inline of 2.6 between arrays', `select 3\r\n${resp('PING')}`, ['SELECT 0-10 [3]', 'PING 10-24']],
  ['keepalive newlines', `\n\n${resp('PING')}\n`, ['newline 0', 'newline 1', 'PING 2-16', 'newline 16']],
  ['an empty request is skipped', `*0\r\n${resp('PING')}`, ['PING 4-18']],
  ['an empty argument', resp('SET', '', 'v'), ['SET 0-END [ v]']],
  [
    'RESP inside a value is a value',
    resp('SET', 'k', resp('PSYNC', '?', '-1')),
    ['SET 0-END [k *3\r\n$5\r\nPSYN]'],
  ],
  ['binary', resp('SET', 'k', '\x00\x7f\r\n*1\r\n'), ['SET 0-END [k \x00\x7f\r\n*1\r\n]']],
];

describe.each([
  ['whole', Number.POSITIVE_INFINITY],
  ['by 7 bytes', 7],
  ['byte by byte', 1],
])('fed %s', (_, chunk) => {
  it.each(CASES)('%s', (_name, input, lines) => {
    const wanted = lines.map((line) => line.replace('END', String(input.length)));
    expect(decoder().feed(input, chunk).lines).toEqual(wanted);
  });

  it('skips a value of any size, and keeps its beginning', () => {
    const log = decoder().feed(resp('SET', 'k', 'x'.repeat(100_000)), chunk);
    expect(log.lines).toEqual([expect.stringMatching(/^SET 0-100031 \[k/)]);
  });
});

describe('names', () => {
  it('folds what is no printable name into one', () => {
    expect(decoder().feed(resp('S\x01T', 'k') + resp('x'.repeat(49))).lines[0]).toMatch(/^\(other\) /);
  });

  it('stays bounded when a stream invents names', () => {
    const names = new CommandNames();
    const ids = new Set<number>();
    for (let i = 0; i < 20_000; i++) {
      const text = Buffer.from(`CMD${i}`);
      ids.add(names.id(text, 0, text.length, true));
    }
    expect(ids.size).toBeLessThanOrEqual(2049);
  });

  it('knows the first word of a subcommand', () => {
    const names = new CommandNames();
    const text = Buffer.from('xgroup Create');
    const id = names.id(text, 0, 6, false);
    const sub = names.subcommand(id, text, 0, 6, 7, 13);
    expect(names.name(sub)).toBe('XGROUP CREATE');
    expect(names.base(sub)).toBe(id);
  });

  it('does not learn from those who are not counted', () => {
    const names = new CommandNames();
    const text = Buffer.from('HSET');
    expect(names.id(text, 0, 4, false)).toBe(0);
    expect(names.name(names.id(text, 0, 4, true))).toBe('HSET');
    expect(names.name(names.id(text, 0, 4, false))).toBe('HSET');
  });
});

describe('gaps', () => {
  it('inside a value costs nothing but the bytes', () => {
    const log = decoder().feed('*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$100\r\nabc');
    log.decoder.gap(30, 90, 0, 0);
    const rest = Buffer.from(`${'x'.repeat(7)}\r\n${resp('PING')}`);
    log.decoder.data(rest, 0, rest.length, 120, 0, 0);
    expect(log.lines).toEqual(['SET 0-129 [k]', 'PING 129-143']);
  });

  it.each([
    ['between commands', resp('PING')],
    ['in a header', `${resp('PING')}*3\r\n$3`],
    ['over the end of a value', `${resp('PING')}*2\r\n$3\r\nDEL\r\n$4\r\nab`],
  ])('%s loses the place and finds it again', (_name, before) => {
    const log = decoder().feed(before);
    log.decoder.gap(before.length, 50, 0, 0);
    const rest = Buffer.from(`tail of something\r\n${resp('SET', 'a', 'b')}${resp('DEL', 'a')}`);
    log.decoder.data(rest, 0, rest.length, before.length + 50, 0, 0);
    expect(log.lines.slice(-2)).toEqual([expect.stringMatching(/^SET /), expect.stringMatching(/^DEL /)]);
    expect(log.lines.filter((line) => /^(lost|found)/.test(line))).toHaveLength(2);
  });

  it('is not fooled by a star inside a value', () => {
    const log = decoder();
    log.decoder.lose(0);
    log.feed(`x*3\r\n$9\r\nnot a cmd ***2\r\n$x\r\n${resp('SET', 'a', 'b')}${resp('PING')}`);
    expect(log.lines.map((line) => line.split(' ')[0])).toEqual(['found', 'SET', 'PING']);
  });
});

describe('hostile input', () => {
  it.each([
    ['a count beyond what servers accept', '*99999999999999999999\r\n'],
    ['a length of twenty digits', '*1\r\n$99999999999999999999\r\n'],
    ['a negative length', '*1\r\n$-5\r\n'],
    ['no bulk', '*1\r\n+PING\r\n'],
    ['a value without its CRLF', '*1\r\n$4\r\nPINGxx'],
  ])('%s loses the place, no more', (_name, input) => {
    expect(
      decoder()
        .feed(input, 1)
        .lines.some((line) => line.startsWith('lost')),
    ).toBe(true);
  });

  it('survives any bytes at any chunk size', () => {
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc
        .constantFrom('*3\r\n', '$5\r\n', '\r\n', '\n', '*2147483647\r\n', '$536870912\r\n', 'PING\r\n')
        .map((text) => Buffer.from(text)),
      fc
        .array(fc.string({ maxLength: 8 }), { minLength: 1, maxLength: 4 })
        .map((words) => Buffer.from(resp(...words))),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), fc.integer({ min: 1, max: 64 }), (pieces, chunk) => {
        decoder().feed(Buffer.concat(pieces), chunk);
      }),
      { numRuns: 2000 },
    );
  });

  it('gives the same commands however the bytes are cut', () => {
    const command = fc
      .array(fc.string({ maxLength: 20 }), { minLength: 1, maxLength: 5 })
      .map((words) => resp('SET', ...words));
    fc.assert(
      fc.property(
        fc.array(command, { maxLength: 10 }),
        fc.integer({ min: 1, max: 50 }),
        (commands, chunk) => {
          const bytes = Buffer.from(commands.join(''), 'utf8');
          expect(decoder().feed(bytes, chunk).lines).toEqual(decoder().feed(bytes).lines);
        },
      ),
    );
  });
});

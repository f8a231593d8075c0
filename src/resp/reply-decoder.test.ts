import { describe, expect, it } from 'vitest';
import { ReplyDecoder } from './reply-decoder.js';

function decode(input: string, chunk = Number.POSITIVE_INFINITY, rawBulk = false): string[] {
  const lines: string[] = [];
  const decoder = new ReplyDecoder({
    reply(text) {
      lines.push(text);
      return rawBulk && text.startsWith('$');
    },
    newline: () => lines.push('(newline)'),
  });
  decoder.rawBulk = rawBulk;
  const bytes = Buffer.from(input, 'latin1');
  for (let at = 0; at < bytes.length; ) {
    const end = Math.min(bytes.length, at + chunk);
    const next = decoder.data(bytes, at, end, 0, 0);
    if (next < end) return [...lines, `stopped at ${next}`];
    at = end;
  }
  return lines;
}

const CASES: [name: string, input: string, replies: string[]][] = [
  ['simple strings and errors', '+PONG\r\n-ERR no\r\n:12\r\n', ['+PONG', '-ERR no', ':12']],
  ['pipelined', '+OK\r\n+OK\r\n', ['+OK', '+OK']],
  ['a bulk', '$5\r\nhello\r\n+OK\r\n', ['$5', '+OK']],
  ['a bulk that holds lines', '$9\r\n+OK\r\n+OK\r\r\n+PONG\r\n', ['$9', '+PONG']],
  ['null bulk and null array', '$-1\r\n*-1\r\n', ['$-1', '*-1']],
  ['empty bulk and empty array', '$0\r\n\r\n*0\r\n', ['$0', '*0']],
  ['an array', '*3\r\n:1\r\n$2\r\nab\r\n+x\r\n+OK\r\n', ['*3', '+OK']],
  ['nested arrays', '*2\r\n*2\r\n:1\r\n:2\r\n*1\r\n$1\r\na\r\n+OK\r\n', ['*2', '+OK']],
  ['RESP3 map', '%2\r\n+a\r\n:1\r\n+b\r\n*1\r\n:2\r\n+OK\r\n', ['%2', '+OK']],
  ['RESP3 attribute before a reply', '|1\r\n+ttl\r\n:3\r\n$1\r\nx\r\n+OK\r\n', ['|1', '+OK']],
  [
    'RESP3 scalars',
    '_\r\n#t\r\n,1.5\r\n(12345678901234567890\r\n',
    ['_', '#t', ',1.5', '(12345678901234567890'],
  ],
  ['RESP3 verbatim and blob error', '=7\r\ntxt:abc\r\n!5\r\nERR x\r\n+OK\r\n', ['=7', '!5', '+OK']],
  ['keepalives, one in the segment of the reply', '\n\n+OK\r\n', ['(newline)', '(newline)', '+OK']],
];

describe.each([
  ['whole', Number.POSITIVE_INFINITY],
  ['by 7 bytes', 7],
  ['byte by byte', 1],
])('fed %s', (_, chunk) => {
  it.each(CASES)('%s', (_name, input, replies) => {
    expect(decode(input, chunk)).toEqual(replies);
  });
});

describe('payload headers', () => {
  it('stops behind the line and leaves the body', () => {
    expect(decode('\n$175\r\nREDIS0009', Number.POSITIVE_INFINITY, true)).toEqual([
      '(newline)',
      '$175',
      'stopped at 7',
    ]);
  });
});

describe('hostile input', () => {
  it('keeps a bounded part of an endless line', () => {
    const lines = decode(`+${'x'.repeat(100_000)}\r\n`);
    expect(lines[0]!.length).toBeLessThanOrEqual(1024);
  });

  it.each(['*99999999999999999999\r\n+OK\r\n', '$99999999999999999999\r\n+OK\r\n', '%\r\n', '*x\r\n'])(
    '%j does no harm',
    (input) => {
      expect(() => decode(input)).not.toThrow();
    },
  );
});

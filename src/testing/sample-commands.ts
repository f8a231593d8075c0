import { pickerOf, randomCommand } from './random-command.js';
import { random } from './rdb-trace.js';

/**
 * Commands that fill two databases with values of every type and encoding: random ones, and some that are large. No key is past its
 * time, which lies long after now (ms since the epoch).
 */
export function sampleCommands(seed: number, now: number): string[][] {
  const next = random(seed);
  const pick = pickerOf(next);
  const some = Array.from({ length: 300 }, () => randomCommand(pick, now)).filter(
    (words) => !/^(flush|scan|pexpire|pset|set$|psetex)/i.test(words[0]!),
  );
  const numbers = Array.from({ length: 1 + next(700) }, (_, i) => `${i * 3}`);
  const texts = numbers.map((number) => `text ${'ab'.repeat(next(20))} ${number}`);
  const wide = [
    '127',
    '-129',
    '32768',
    '-8388609',
    '2147483648',
    '9223372036854775807',
    '12',
    '13',
    '4095',
    '-4097',
  ];
  return [
    ...some,
    ['SELECT', '3'],
    ['SADD', 'numbers', ...numbers],
    ['SADD', 'wide', ...wide],
    ['SADD', 'texts', ...texts],
    ['SADD', 'few', 'a', '1', 'b'],
    ['RPUSH', 'list', ...texts, ...wide],
    ['RPUSH', 'large', 'first', noise(next, 9000), 'x'.repeat(70_000), 'last', '-5'],
    ['HSET', 'pairs', ...texts.flatMap((text, i) => [text, `${i}`])],
    ['HSET', 'narrow', ...wide.flatMap((value) => [value, value]), 'name', 'x'.repeat(64)],
    ['HSET', 'long', 'field', 'x'.repeat(65)],
    ['ZADD', 'ranks', ...texts.flatMap((text, i) => [`${i / 7}`, text])],
    ['ZADD', 'scores', 'inf', 'a', '-inf', 'b', '0.1', 'c', '3', '7', '1e300', 'e', '-2.5', '-9'],
    ...texts.map((text, i) => [
      'XADD',
      'stream',
      `${1000 + i * 3}-${i % 5}`,
      'n',
      `${i}`,
      i % 9 ? 'text' : 'other',
      text,
    ]),
    ['XDEL', 'stream', '1003-1', '1030-0'],
    ...[...around(120), ...around(16_375)].map((size) => [
      'XADD',
      'sizes',
      `${size}-0`,
      'f',
      'x'.repeat(size),
    ]),
    ['XADD', 'emptied', '18446744073709551614-5', 'a', 'b'],
    ['XDEL', 'emptied', '18446744073709551614-5'],
    ...[...wide, 'x'.repeat(300), noise(next, 300), '', '007', '-0'].map((value, i) => [
      'SET',
      `value:${i}`,
      value,
    ]),
    ['SET', '12345', 'key of digits'],
    ['PEXPIREAT', '12345', `${now + 1_000_000_000}`],
    ['PEXPIREAT', 'list', `${now + 2_000_000_000}`],
    ['SELECT', '0'],
  ];
}

/** Ten sizes, where entries begin to take more bytes to tell how long they are. */
function around(size: number): number[] {
  return Array.from({ length: 10 }, (_, i) => size + i);
}

/** Text without repetitions. */
function noise(next: (limit: number) => number, length: number): string {
  return Array.from({ length }, () => String.fromCharCode(next(256))).join('');
}

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { everyOutput } from './testing/every-output.js';
import { linkCapture } from './testing/link-capture.js';
import { length, RdbWriter, string } from './testing/rdb-writer.js';
import { runCli } from './testing/run-cli.js';
import { resp } from './testing/talk.js';

/** `--redact`: names of keys and values, each with a word of its own, against every output of every command. */

const folder = mkdtempSync(join(tmpdir(), 'psyncscope-redact-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const KEY = 'Kq7x';
const VALUE = 'Vq7x';
let count = 0;
const key = (): string => `user:${KEY}${count++}`;
const value = (): string => `${VALUE}${count++}`;

/** What a master sends: each argument is a key, a value, or a word of the command. */
const SHARED = key();
const STREAM: string[][] = [
  ['SET', SHARED, value(), 'EX', '100'],
  ['SET', SHARED, value(), 'PXAT', '1800000000000'],
  ['APPEND', key(), value()],
  ['MSET', key(), value(), key(), value(), key(), value()],
  ['DEL', key(), key(), key()],
  ['UNLINK', key(), key()],
  ['RENAME', key(), key()],
  ['LPUSH', key(), value(), value(), value()],
  ['LMOVE', key(), key(), 'LEFT', 'RIGHT'],
  ['RPOPLPUSH', key(), key()],
  ['LINSERT', key(), 'BEFORE', value(), value()],
  ['SADD', key(), value(), value()],
  ['SMOVE', key(), key(), value()],
  ['SUNIONSTORE', key(), key(), key()],
  ['HSET', key(), value(), value(), value(), value()],
  ['HSETEX', key(), 'EX', '100', 'FIELDS', '1', value(), value()],
  ['ZADD', key(), 'GT', '1.5', value(), '2', value()],
  ['ZUNIONSTORE', key(), '2', key(), key(), 'WEIGHTS', '1', '2'],
  ['ZRANGESTORE', key(), key(), '0', '-1'],
  ['GEOADD', key(), '13.3', '38.1', value()],
  ['PFADD', key(), value()],
  ['PFMERGE', key(), key(), key()],
  ['BITOP', 'AND', key(), key(), key()],
  ['SETRANGE', key(), '3', value()],
  ['XADD', key(), 'MAXLEN', '~', '1000', '1-1', value(), value()],
  ['XGROUP', 'CREATE', key(), value(), '0', 'MKSTREAM'],
  ['XCLAIM', key(), value(), value(), '0', '1-1'],
  ['XACK', key(), value(), '1-1'],
  ['RESTORE', key(), '0', value(), 'REPLACE'],
  ['COPY', key(), key()],
  ['SORT', key(), 'BY', key(), 'GET', key(), 'STORE', key()],
  ['GEORADIUS', key(), '13.3', '38.1', '200', 'km', 'STOREDIST', key()],
  ['EXPIREAT', key(), '1800000000'],
  ['EVAL', `return '${value()}'`, '2', key(), key(), value()],
  ['EVALSHA', 'a'.repeat(40), '1', key(), value()],
  ['FCALL', 'myfunction', '1', key(), value()],
  ['PUBLISH', key(), value()],
  ['SPUBLISH', key(), value()],
  ['JSON.SET', key(), '$', value()],
  ['UNKNOWNCMD', key(), value(), value()],
];

/** Long enough to be among the biggest, and to be a finding. */
const LARGE = 2 * 1024 * 1024;

function payload(): Uint8Array {
  return new RdbWriter(11)
    .aux('redis-ver', '7.2.0')
    .selectDb(0)
    .key(0, SHARED, string(value().padEnd(1000, 'v')))
    .key(1, key(), length(2), string(value()), string(value()))
    .key(2, key(), length(2), string(value()), string(value()))
    .key(4, key(), length(1), string(value()), string(value()))
    .end('crc');
}

const stream = [...STREAM, ['SET', key(), value().padEnd(LARGE, 'v')]]
  .map((words) => resp(...words))
  .join('');
const path = join(folder, 'data.pcap');
writeFileSync(path, linkCapture(payload(), { stream: Buffer.from(stream) }));

describe('--redact all', () => {
  it('shows no name of a key and no value, in any output of any command', async () => {
    const plain = await runCli(['replay', '--commands', '--json', path]);
    for (const word of [KEY, VALUE]) expect(plain.stdout).toContain(word);
    // An AOF hands on what was sent: it is refused.
    const outputs = await everyOutput(path, {
      flags: ['--redact', 'all'],
      but: (command) => command.includes('--aof'),
    });
    for (const { command, text, rest, code } of outputs) {
      expect([0, 1], `${command}: ${rest}`).toContain(code);
      expect(/[KV]q7x\d*/.exec(text + rest)?.[0], command).toBeUndefined();
    }
    expect(outputs.find(({ command }) => command === 'rdb --keys')!.text).toContain('key-');
    expect(outputs.find(({ command }) => command === 'rates --by prefix')!.text).toContain('key-');
    const aof = await runCli(['replay', '--aof', join(folder, 'x'), '--redact', 'all', path]);
    expect(aof).toMatchObject({ code: 2, stderr: expect.stringMatching(/leave out --redact/) });
  }, 120_000);

  it('gives the same key the same pseudonym wherever it is shown, and another one in another run', async () => {
    const named = async (...flags: string[]): Promise<Set<string>[]> => {
      const runs = [['replay', '--commands'], ['rdb', '--keys'], ['rdb'], ['summary', '--json']].map(
        (words) => runCli([...words, '--redact', 'keys', ...flags, path], { env: { COLUMNS: '400' } }),
      );
      return (await Promise.all(runs)).map(({ stdout }) => new Set(stdout.match(/key-[0-9a-f]{10}/g)));
    };
    const first = await named('--redact-with', 'ticket 17');
    const second = await named('--redact-with', 'ticket 17');
    expect(second).toEqual(first);
    // One key is in the payload and in the stream.
    const [events, keys, tables, summary] = first;
    expect([...keys!].filter((name) => events!.has(name))).toHaveLength(1);
    for (const shown of [tables!, summary!]) expect([...shown].every((name) => keys!.has(name))).toBe(true);
    expect(summary!.size).toBe(4);
    const [other] = await named();
    expect([...other!].filter((name) => events!.has(name))).toEqual([]);
  });
});

describe('--redact keys, --redact values', () => {
  it.each([
    ['keys', VALUE, KEY],
    ['values', KEY, VALUE],
  ])('%s leaves what it does not name', async (mode, kept, hidden) => {
    const { stdout } = await runCli(['replay', '--commands', '--json', '--redact', mode, path]);
    expect(stdout).toContain(kept);
    expect(stdout).not.toContain(hidden);
    for (const word of ['"SET"', '"EX"', '"BEFORE"', '"WEIGHTS"']) expect(stdout).toContain(word);
  });
});

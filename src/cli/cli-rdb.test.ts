import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import type { RdbReport } from '../report/rdb-report.js';
import { displayWidth } from '../report/width.js';
import { fixture, replicationFixtures } from '../testing/fixtures.js';
import { linkCapture } from '../testing/link-capture.js';
import { random } from '../testing/rdb-trace.js';
import { RdbWriter, string } from '../testing/rdb-writer.js';
import { ESCAPES, runCli } from '../testing/run-cli.js';

/** `psyncscope rdb` as a user runs it. */

const folder = mkdtempSync(join(tmpdir(), 'psyncscope-rdb-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const RDB_FILE = fileURLToPath(new URL('../../fixtures/rdb/v09-redis-6.2.5.rdb', import.meta.url));
const { path: CAPTURE } = fixture('functions-modern-redis-7.4.1.pcap');
const DISKLESS = fixture('fullsync-diskless-redis-6.0.20.pcap').path;

let files = 0;
function fileOf(bytes: Uint8Array, extension = 'pcap'): string {
  const path = join(folder, `${++files}.${extension}`);
  writeFileSync(path, bytes);
  return path;
}

const newFolder = (): string => join(folder, `saved-${++files}`);

async function report(...args: string[]): Promise<RdbReport> {
  const { code, stdout, stderr } = await runCli(['rdb', '--json', ...args]);
  expect(stderr).not.toContain('psyncscope: ');
  expect(code).toBe(0);
  return JSON.parse(stdout) as RdbReport;
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** A payload with plain keys of `size` bytes. */
function payloadOf(keys: readonly (string | Uint8Array)[], size = 10): Uint8Array {
  const writer = new RdbWriter(9).aux('redis-ver', '6.2.5').aux('ctime', '1795235981').selectDb(0);
  for (const key of keys) writer.key(0, key, string('v'.repeat(size), 'raw'));
  return writer.end();
}

describe('payloads of every recorded capture', () => {
  for (const { name, path, expectation } of replicationFixtures())
    it(name, async () => {
      const saved = newFolder();
      const { code, stdout } = await runCli(['rdb', '--json', '--save', saved, path]);
      expect(code).toBe(0);
      const { payloads } = JSON.parse(stdout) as RdbReport;
      const expected = JSON.stringify(expectation);
      for (const { sha256: sum, savedAs, complete, missingBytes, rdb, bytes } of payloads) {
        expect(savedAs === null).toBe(sum === null);
        if (savedAs === null) {
          expect(!complete || missingBytes > 0).toBe(true);
          continue;
        }
        const content = readFileSync(savedAs);
        expect(sha256(content)).toBe(sum);
        expect(content.length).toBe(bytes);
        expect(expected).toContain(sum);
        const byType = Object.entries(rdb!.byType!);
        expect(Object.fromEntries(byType.map(([type, { keys }]) => [type, keys]))).toEqual(rdb!.types);
        for (const [, { keys, encodings }] of byType)
          expect(Object.values(encodings).reduce((sum, each) => sum + each, 0)).toBe(keys);
        expect(byType.reduce((sum, [, each]) => sum + each.bytes, 0)).toBeLessThan(bytes);
        expect(rdb!.error).toBeNull();
      }
      const names = payloads.flatMap(({ savedAs }) => savedAs ?? []);
      expect(readdirSync(saved).sort()).toEqual(names.map((each) => each.slice(saved.length + 1)).sort());
    });
});

describe('tables', () => {
  it('fit 60, 80 and 120 columns and name what there is', async () => {
    for (const columns of ['60', '80', '120']) {
      const { code, stdout } = await runCli(['rdb', CAPTURE], { env: { COLUMNS: columns } });
      expect(code).toBe(0);
      expect(stdout.split('\n').filter((line) => displayWidth(line) > Number(columns))).toEqual([]);
      for (const text of ['260 keys', '2 function libraries', 'checksum valid', 'h:big', 'listpackex 3'])
        expect(stdout).toContain(text);
      expect(stdout).not.toMatch(/undefined|NaN|\[object/);
    }
  });

  it('have colours only where they are wanted', async () => {
    expect((await runCli(['rdb', CAPTURE])).stdout).not.toMatch(ESCAPES);
    const always = await runCli(['rdb', '--color', 'always', CAPTURE]);
    expect(always.stdout).toMatch(ESCAPES);
    const env = { NO_COLOR: '1', FORCE_COLOR: '1' };
    expect((await runCli(['rdb', CAPTURE], { env })).stdout).not.toMatch(ESCAPES);
  });

  it('are plain ASCII with --ascii', async () => {
    expect((await runCli(['rdb', '--ascii', CAPTURE])).stdout).toMatch(/^[\x20-\x7e\n]+$/);
  });

  it('--top says how many of the biggest keys are named', async () => {
    const [few] = (await report('--top', '3', CAPTURE)).payloads;
    expect(few!.rdb!.biggestKeys!.byBytes.length).toBe(3);
    const [none] = (await report('--top', '0', CAPTURE)).payloads;
    expect(none!.rdb!.biggestKeys).toBeNull();
  });
});

describe('RDB files', () => {
  it('are read as they are, gzipped, from standard input, and beside captures', async () => {
    const bytes = readFileSync(RDB_FILE);
    const [plain] = (await report(RDB_FILE)).payloads;
    expect(plain).toMatchObject({ file: RDB_FILE, link: null, bytes: bytes.length, complete: true });
    expect(plain!.sha256).toBe(sha256(bytes));
    const packed = fileOf(gzipSync(bytes), 'rdb.gz');
    const both = await report(packed, CAPTURE, RDB_FILE);
    expect(both.payloads.map(({ file }) => file)).toEqual([null, packed, RDB_FILE]);
    expect(both.payloads[1]).toEqual({ ...plain, file: packed });
    expect(both.capture!.sources).toEqual([CAPTURE]);
    for (const input of [bytes, gzipSync(bytes)]) {
      const { stdout } = await runCli(['rdb', '--json', '-'], { input });
      expect(JSON.parse(stdout).payloads).toEqual([{ ...plain, file: '-' }]);
    }
  });

  it('of other versions and makers are known by their magic', async () => {
    const valkey = fileOf(new RdbWriter(80, 'VALKEY').selectDb(0).key(0, 'k', string('v')).end(), 'rdb');
    expect((await report(valkey)).payloads[0]!.rdb).toMatchObject({
      version: 80,
      keys: 1,
      checksum: 'valid',
    });
  });

  it('that break off or do not follow the format are told of; with --strict they are an error', async () => {
    const bytes = payloadOf(['a', 'b'], 1000);
    const short = fileOf(bytes.subarray(0, bytes.length - 500), 'rdb');
    const odd = fileOf(new RdbWriter(9).selectDb(0).key(0, 'k', string('v')).raw([99, 0, 0]).end(), 'rdb');
    const wrong = fileOf(new RdbWriter(9).selectDb(0).key(0, 'k', string('v')).end('wrong'), 'rdb');
    for (const [path, text] of [
      [short, /breaks off/],
      [odd, /unknown object type 99 at byte/],
      [wrong, /checksum invalid/],
    ] as const) {
      const { code, stdout, stderr } = await runCli(['rdb', path]);
      expect(code).toBe(0);
      expect(stderr).toMatch(text);
      expect(stdout).toContain('1 key');
      expect((await runCli(['rdb', '--strict', path])).code).toBe(3);
    }
  });
});

describe('a capture on standard input', () => {
  it('is told from an RDB file', async () => {
    const { code, stdout } = await runCli(['rdb', '--json', '-'], { input: readFileSync(CAPTURE) });
    expect(code).toBe(0);
    expect((JSON.parse(stdout) as RdbReport).payloads).toEqual((await report(CAPTURE)).payloads);
  });
});

describe('--keys', () => {
  const lines = async (...args: string[]) => {
    const { code, stdout } = await runCli(['rdb', '--keys', ...args]);
    expect(code).toBe(0);
    return stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  };

  it('lists each key of each payload', async () => {
    const all = await lines(CAPTURE);
    const { rdb } = (await report(CAPTURE)).payloads[0]!;
    expect(all.length).toBe(rdb!.keys);
    expect(all.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(
      Object.values(rdb!.byType!).reduce((sum, { bytes }) => sum + bytes, 0),
    );
    expect(all.filter(({ expiresAt }) => expiresAt !== null).length).toBe(rdb!.expires);
    for (const { schema, session, payload, position, key } of all) {
      expect([schema, session, payload]).toEqual(['psyncscope.key/1', 1, 1]);
      expect(position).toBeGreaterThan(0);
      expect(key).not.toBe('');
    }
  });

  it('takes patterns, types and databases', async () => {
    const all = await lines(CAPTURE);
    expect(await lines('--match', 'h:*', CAPTURE)).toEqual(all.filter(({ key }) => key.startsWith('h:')));
    expect(await lines('--type', 'zset', '--type', 'set', CAPTURE)).toEqual(
      all.filter(({ type }) => type === 'zset' || type === 'set'),
    );
    expect(await lines('--db', '15', '--match', '*:big', CAPTURE)).toEqual(
      all.filter(({ db, key }) => db === 15 && key.endsWith(':big')),
    );
  });

  it('has the same for a file as for the link that it came over', async () => {
    const saved = newFolder();
    const { stdout } = await runCli(['rdb', '--json', '--save', saved, CAPTURE]);
    const { savedAs } = (JSON.parse(stdout) as RdbReport).payloads[0]!;
    const strip = ({ payload: _p, link: _l, session: _s, file: _f, ...rest }: Record<string, unknown>) =>
      rest;
    expect((await lines(savedAs!)).map(strip)).toEqual((await lines(CAPTURE)).map(strip));
  });

  it('ends quietly when nobody reads on', () => {
    const keys = fileOf(payloadOf(Array.from({ length: 50_000 }, (_, i) => `key:${i}`)), 'rdb');
    const result = spawnSync(
      'bash',
      ['-o', 'pipefail', '-c', `"${process.execPath}" bin/psyncscope.js rdb --keys "${keys}" | head -1`],
      {
        encoding: 'utf8',
      },
    );
    expect(result.stdout).toMatch(/^\{.*\}\n$/);
    expect(result.stderr).toBe('');
    expect(result.status).toBe(0);
  });
});

describe('--save', () => {
  it('writes the bytes of the payload, however the packets are cut', async () => {
    for (let seed = 1; seed <= 8; seed++) {
      const draw = random(seed);
      const payload = payloadOf(
        Array.from({ length: 1 + draw(40) }, (_, i) => `k${i}`),
        draw(4000),
      );
      const form = seed % 2 === 0 ? 'length' : 'eof-mark';
      const capture = fileOf(linkCapture(payload, { form, segment: 1 + draw(3000), seed }));
      const saved = newFolder();
      const { code, stderr } = await runCli(['rdb', '--save', saved, capture]);
      expect(code).toBe(0);
      const [name, ...others] = readdirSync(saved);
      expect(others).toEqual([]);
      expect(name).toMatch(/^10\.0\.0\.1_6379-10\.0\.0\.2_6380-1-20261121T0751\d\d\.\d{6}Z\.rdb$/);
      expect(readFileSync(join(saved, name!)).equals(payload)).toBe(true);
      expect(stderr).toContain(`saved as ${saved}/${name}`);
    }
  });

  it('never overwrites', async () => {
    const saved = newFolder();
    const capture = fileOf(linkCapture(payloadOf(['a'])));
    for (let run = 0; run < 3; run++) await runCli(['rdb', '--save', saved, capture]);
    const names = readdirSync(saved).sort();
    expect(names.map((name) => name.replace(/^.*Z/, ''))).toEqual(['-2.rdb', '-3.rdb', '.rdb']);
    for (const name of names) expect(readFileSync(join(saved, name)).equals(payloadOf(['a']))).toBe(true);
  });

  it('leaves nothing of a payload that is not whole, and says what is missing', async () => {
    const payload = payloadOf(['a', 'b', 'c'], 5000);
    const holed = fileOf(linkCapture(payload, { lose: [5] }));
    const cut = fileOf(linkCapture(payload, { cut: 7 }));
    for (const [path, text] of [
      [holed, '1,448 B missing'],
      [cut, '4,928 B missing'],
    ] as const) {
      const saved = newFolder();
      const { code, stderr, stdout } = await runCli(['rdb', '--save', saved, path]);
      expect(code).toBe(0);
      expect(readdirSync(saved)).toEqual([]);
      expect(stderr).toContain(`not saved: ${text}`);
      expect(stdout).toContain(text);
      expect(stdout).toContain('up to there');
    }
  });

  it('keeps to the folder whatever a replica says its name is', async () => {
    const saved = join(newFolder(), 'deep', 'er');
    for (const announce of [
      '../../../etc/passwd',
      '.hidden',
      '-rf',
      'a/b\\c:d\x1b[31m',
      '::1',
      'ü'.repeat(300),
    ]) {
      const capture = fileOf(linkCapture(payloadOf(['a']), { announce }));
      const { code, stderr } = await runCli(['rdb', '--save', saved, capture]);
      expect(code).toBe(0);
      expect(stderr).not.toMatch(ESCAPES);
    }
    const names = readdirSync(saved);
    expect(names.length).toBe(6);
    for (const name of names) expect(name).toMatch(/^[A-Za-z0-9_][A-Za-z0-9._-]{1,240}\.rdb$/);
  });

  it('says when it cannot write, with exit code 3', async () => {
    const file = fileOf(new Uint8Array(1), 'txt');
    const { code, stderr } = await runCli(['rdb', '--save', file, CAPTURE]);
    expect(code).toBe(3);
    expect(stderr).toContain(`${file}: cannot be written`);
    const locked = newFolder();
    mkdirSync(locked);
    if (process.getuid?.() !== 0) {
      execFileSync('chmod', ['555', locked]);
      expect((await runCli(['rdb', '--save', locked, CAPTURE])).code).toBe(3);
    }
  });

  it('is accepted by redis-check-rdb', async ({ skip }) => {
    if (spawnSync('redis-check-rdb', ['--version']).error !== undefined) skip('redis-check-rdb is missing');
    const saved = newFolder();
    await runCli(['rdb', '--save', saved, DISKLESS]);
    const [name] = readdirSync(saved);
    expect(execFileSync('redis-check-rdb', [join(saved, name!)], { encoding: 'utf8' })).toContain('looks OK');
  });
});

describe('hostile names', () => {
  const hostile = [
    'red \x1b[31m text',
    'title \x1b]0;pwned\x07',
    'newline \n and \r return',
    '\u202e right to left',
    'c1 \u009b31m',
    Uint8Array.of(0x1b, 0x5b, 0x33, 0x31, 0x6d, 0xff, 0xfe),
    `${'long '.repeat(2000)}\x1b[31m`,
  ];
  const payload = payloadOf(hostile, 100);
  const capture = fileOf(linkCapture(payload, { announce: 'evil\x1b[31m' }));
  const file = fileOf(payload, 'rdb');

  it('never reach a terminal', async () => {
    for (const path of [capture, file])
      for (const args of [[], ['--json'], ['--keys'], ['--ascii'], ['--save', newFolder()]]) {
        const { code, stdout, stderr } = await runCli(['rdb', ...args, path], { env: { COLUMNS: '80' } });
        expect(code).toBe(0);
        for (const text of [stdout, stderr]) expect(text).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/);
        if (args.length === 0)
          expect(stdout.split('\n').filter((line) => displayWidth(line) > 80)).toEqual([]);
      }
  });

  it('are whole in the lines of --keys', async () => {
    const { stdout } = await runCli(['rdb', '--keys', file]);
    const names = stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line))
      .map(({ key, keyBase64 }) =>
        keyBase64 === undefined ? Buffer.from(key) : Buffer.from(keyBase64, 'base64'),
      );
    expect(names).toEqual(hostile.map((name) => Buffer.from(name)));
  });
});

describe('usage', () => {
  it('no payload is no error, but said', async () => {
    const { code, stdout, stderr } = await runCli(['rdb', fixture('midstream-redis-7.0.15.pcap').path]);
    expect([code, stdout]).toEqual([0, '']);
    expect(stderr).toContain('no payload found');
  });

  it('--link chooses payloads', async () => {
    const { path } = fixture('multi-replica-redis-3.0.7.pcap');
    const all = (await report(path)).payloads;
    const { link } = all[1]!;
    expect((await report('--link', link!, path)).payloads).toEqual(all.filter((each) => each.link === link));
  });

  for (const [args, text] of [
    [['--match', 'x'], '--keys'],
    [['--top', 'x'], '--top'],
    [['--top', '-1'], '--top'],
    [['--keys', '--type', 'sett'], '--type'],
    [['--keys', '--db', '-2'], '--db'],
    [['--nonsense'], 'nonsense'],
  ] as const)
    it(`${args.join(' ')} is a usage error`, async () => {
      const { code, stderr } = await runCli(['rdb', ...args, RDB_FILE]);
      expect(code).toBe(2);
      expect(stderr).toContain(text);
    });

  it('what is neither capture nor RDB is an input error', async () => {
    expect((await runCli(['rdb', fileOf(Buffer.from('hello world, this is text'), 'txt')])).code).toBe(3);
    expect((await runCli(['rdb', join(folder, 'nowhere')])).code).toBe(3);
  });
});

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { writePcap } from '../testing/capture-writer.js';
import { fixture } from '../testing/fixtures.js';
import { linkCapture, linkPackets } from '../testing/link-capture.js';
import { freePort, RedisServer } from '../testing/redis-server.js';
import { runCli } from '../testing/run-cli.js';
import { resp, smallRdb } from '../testing/talk.js';

/** `replay --aof` as a user runs it. */

const folder = mkdtempSync(join(tmpdir(), 'psyncscope-aof-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const HISTORY = '15b88be2'.repeat(5);
const rdb = smallRdb(HISTORY, 0);
const commands = [
  resp('SELECT', '0'),
  resp('SET', 'a', '1'),
  resp('PING'),
  resp('MULTI'),
  resp('INCR', 'a'),
  resp('EXEC'),
  resp('SELECT', '3'),
  resp('SET', 'large', 'x'.repeat(200_000)),
  resp('REPLCONF', 'GETACK', '*'),
  resp('RPUSH', 'list', 'a', 'b', '\x1b[31m'),
];
const kept = commands.filter((command) => !/PING|REPLCONF/.test(command)).join('');
const stream = Buffer.from(commands.join(''), 'latin1');

let files = 0;
const newPath = (extension: string): string => join(folder, `${++files}.${extension}`);
function fileOf(bytes: Uint8Array): string {
  const path = newPath('pcap');
  writeFileSync(path, bytes);
  return path;
}

const one = fileOf(linkCapture(rdb, { stream, segment: 900 }));
const two = fileOf(writePcap([...linkPackets(rdb, { stream }), ...linkPackets(rdb, { stream, replica: 1 })]));

describe('a command stream', () => {
  it('goes to a file, beside the events', async () => {
    const aof = newPath('aof');
    const { code, stdout, stderr } = await runCli(['replay', '--aof', aof, one]);
    expect(code).toBe(0);
    expect(stdout).toContain('FULLRESYNC');
    expect(stderr).toContain('--aof: 8 commands');
    expect(readFileSync(aof, 'latin1')).toBe(kept);
  });

  it('goes to standard output alone', async () => {
    for (const args of [['--aof', '-'], ['--aof=-']]) {
      const { code, stdout } = await runCli(['replay', ...args, one]);
      expect(code).toBe(0);
      expect(stdout).toBe(kept);
    }
    const piped = await runCli(['replay', '--aof', '-', '-'], { input: readFileSync(one) });
    expect(piped.stdout).toBe(kept);
  });

  it('with a gap holds whole commands only, and says what is lost', async () => {
    const holed = fileOf(linkCapture(rdb, { stream, segment: 900, lose: [20] }));
    const { code, stdout, stderr } = await runCli(['replay', '--aof', '-', holed]);
    expect(code).toBe(0);
    expect(stdout).toBe(kept.replace(resp('SET', 'large', 'x'.repeat(200_000)), ''));
    expect(stderr).toMatch(/1 gap in the capture \(900 B\): 1 command cut/);
  });

  it('is applied by a server', async ({ skip }) => {
    if (spawnSync('redis-server', ['--version']).error !== undefined) skip('redis-server is missing');
    const server = new RedisServer(await freePort(), folder);
    await server.start();
    try {
      const { stdout } = await runCli(['replay', '--aof', '-', one]);
      const pipe = spawnSync('redis-cli', ['-p', `${server.port}`, '--pipe'], {
        input: stdout,
        encoding: 'utf8',
      });
      expect(pipe.stdout).toMatch(/errors: 0, replies: 8/);
      expect(await server.ask(['GET', 'a'])).toBe('$1\r\n2\r\n');
      expect(await server.ask(['SELECT', '3'], ['STRLEN', 'large'])).toBe(':200000\r\n');
    } finally {
      await server.stop();
    }
  });

  it('is loaded as an AOF', async ({ skip }) => {
    if (spawnSync('redis-server', ['--version']).error !== undefined) skip('redis-server is missing');
    const port = await freePort();
    const aof = join(folder, 'load.aof');
    await runCli(['replay', '-q', '--aof', aof, fixture('lagging-replica-redis-6.2.5.pcap').path]);
    const check = spawnSync('redis-check-aof', [aof], { encoding: 'utf8' });
    expect(check.stdout).toContain('is valid');
    // A server of 7.0 takes a single file over as the first part of its AOF.
    const server = new RedisServer(port, folder, ['--appendonly', 'yes', '--appendfilename', 'load.aof']);
    await server.start();
    try {
      expect(await server.ask(['DBSIZE'])).toMatch(/^:[1-9]/);
    } finally {
      await server.stop();
    }
  });
});

describe('which link', () => {
  it('has to be chosen when there are several, before anything is written', async () => {
    const aof = newPath('aof');
    for (const args of [
      ['--aof', aof],
      ['--aof', '-'],
    ]) {
      const { code, stdout, stderr } = await runCli(['replay', '-q', ...args, two]);
      expect([code, stdout]).toEqual([2, '']);
      expect(stderr).toContain('10.0.0.1:6379<-10.0.0.2:6380\n  10.0.0.1:6379<-10.0.0.3:6380');
      expect(existsSync(aof)).toBe(false);
    }
    const { code, stdout } = await runCli(['replay', '--aof', '-', '--link', '10.0.0.3', two]);
    expect(code).toBe(0);
    expect(stdout).toBe(kept);
  });

  it('is the first one of a pipe, where the others show too late', async () => {
    const aof = newPath('aof');
    const { code } = await runCli(['replay', '-q', '--aof', aof, '-'], { input: readFileSync(two) });
    expect(code).toBe(2);
    expect(existsSync(aof)).toBe(false);
  });
});

describe('usage', () => {
  it('two things cannot go to standard output', async () => {
    for (const flag of ['--json', '--commands', '--acks'])
      expect((await runCli(['replay', '--aof', '-', flag, one])).code).toBe(2);
  });

  it('a file that cannot be written is told of', async () => {
    const { code, stderr } = await runCli(['replay', '-q', '--aof', join(folder, 'no', 'where.aof'), one]);
    expect(code).toBe(3);
    expect(stderr).toContain('where.aof: cannot be written');
  });
});

import { execFileSync, spawn } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { captureBytes, fixture } from '../../testing/fixtures.js';
import { closed, collect, PROGRAM, runCli, startCli, waitFor } from '../../testing/run-cli.js';
import { readApart } from './jobs.js';
import { completeJobs, typedJobs } from './jobs-flag.js';

/** `--jobs`: captures that are runs of their own, in one stream of lines. */

const folder = mkdtempSync(join(tmpdir(), 'psyncscope-jobs-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const NAMES = [
  'backlog-overflow-redis-7.2.6.pcap',
  'failover-chain-redis-6.2.5.pcap',
  'auth-redis-5.0.14.pcap',
].map((name) => fixture(name).path);

const small = join(folder, 'small');
mkdirSync(join(small, 'deeper'), { recursive: true });
/** As they are named when they rotate; 10 stands before 2 where names are compared letter by letter. */
const rotated = [join(small, 'cap.pcap2.gz'), join(small, 'cap.pcap10.gz'), join(small, 'other.pcap.gz')];
for (const [index, path] of rotated.entries()) copyFileSync(NAMES[index]!, path);
for (const name of ['notes.txt', '.hidden.pcap', 'deeper/more.pcap'])
  writeFileSync(join(small, name), 'none');

const RECORD_HEADER = 16;
const RECORD = 65_535;
/** Enough for a process of its own. */
const PADDED = 33 * 1024 * 1024;

/** A capture made so large by empty frames that a process is worth it. */
function large(name: string, source: string): string {
  const path = join(folder, name);
  const bytes = captureBytes(source);
  const padding = Buffer.alloc(PADDED - (PADDED % (RECORD_HEADER + RECORD)));
  // At the time of the first packet, which begins behind the file's header of 24 bytes.
  const seconds = Buffer.from(bytes).readUInt32LE(24);
  for (let at = 0; at < padding.length; at += RECORD_HEADER + RECORD)
    for (const [index, field] of [seconds, 0, RECORD, RECORD].entries())
      padding.writeUInt32LE(field, at + 4 * index);
  writeFileSync(
    path,
    [bytes.subarray(0, 24), padding, bytes.subarray(24)].reduce((a, b) => Buffer.concat([a, b])),
  );
  return path;
}

const bigOnes = [large('a.pcap', NAMES[0]!), large('b.pcap', NAMES[1]!)];

interface TaggedLine {
  file: string;
}

const linesOf = (text: string): string[] => text.split('\n').filter((line) => line !== '');
const fileOf = (line: string): string => (JSON.parse(line) as TaggedLine).file;

/** The lines of one capture without what tells which it is, which stands at their end. */
function untagged(stdout: string, path: string): string {
  const end = `,"file":${JSON.stringify(path)}}`;
  const own = linesOf(stdout).filter((line) => fileOf(line) === path);
  expect(own.every((line) => line.endsWith(end))).toBe(true);
  return own.map((line) => `${line.slice(0, -end.length)}}\n`).join('');
}

/** Processes that have this folder in their command line, besides this one. */
function processesOf(path: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map(Number)
    .filter((pid) => commandLine(pid).includes(path));
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return ''; // it has ended meanwhile
  }
}

describe('replay --json --jobs', () => {
  it('tells of each capture in a folder what replay tells of it alone, in the order of names', async () => {
    const { code, stdout, stderr } = await runCli(['replay', '--json', '--jobs', small]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect([...new Set(linesOf(stdout).map(fileOf))]).toEqual(rotated);
    const [path = ''] = rotated;
    expect(untagged(stdout, path)).toBe((await runCli(['replay', '--json', path])).stdout);
  });

  it('does so in processes, with the flags of the whole, lines whole', async () => {
    const flags = [
      '--commands',
      '--redact',
      'keys',
      '--redact-with',
      'x y',
      '--port',
      '18051',
      '--port=18050',
    ];
    const { code, stdout, stderr } = await runCli(['replay', '--json', '--jobs', '2', ...flags, ...bigOnes]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const alone = await runCli(['replay', '--json', ...flags, bigOnes[0]!]);
    expect(linesOf(alone.stdout).length).toBeGreaterThan(50);
    expect(untagged(stdout, bigOnes[0]!)).toBe(alone.stdout);
    // Nothing in the other one is on these ports, which is no news.
    expect(untagged(stdout, bigOnes[1]!)).toBe('');
  });

  it.each([1, 2])(
    'goes on behind a capture that cannot be read, --jobs %d: told, exit code 3',
    async (jobs) => {
      const bad = join(folder, 'bad\x1b[31m.pcap');
      writeFileSync(bad, 'no capture');
      const paths = [join(folder, 'none.pcap'), bigOnes[0]!, bad, bigOnes[1]!];
      const { code, stdout, stderr } = await runCli(['replay', '--json', '--jobs', `${jobs}`, ...paths]);
      expect(code).toBe(3);
      expect(linesOf(stderr).sort()).toEqual([
        expect.stringMatching(/^psyncscope: .*\/bad\\x1b\[31m\.pcap: not a capture file: /),
        expect.stringMatching(/^psyncscope: .*\/none\.pcap: no such file$/),
      ]);
      expect(new Set(linesOf(stdout).map(fileOf))).toEqual(new Set(bigOnes));
    },
  );

  it('with --strict: a capture that is cut short is told and read as far as it goes', async () => {
    const cut = join(folder, 'cut.pcap');
    writeFileSync(cut, captureBytes(NAMES[0]!).subarray(0, 50_001));
    const args = ['replay', '--json', '--jobs', '2', '--strict', cut, rotated[2]!];
    const { code, stdout, stderr } = await runCli(args);
    expect(code).toBe(3);
    expect(stderr).toMatch(/^psyncscope: .*\/cut\.pcap: the last record is cut short[^\n]*\n$/);
    expect(new Set(linesOf(stdout).map(fileOf))).toEqual(new Set([cut, rotated[2]!]));
  });

  it('| head -1 ends quietly, its processes too', async () => {
    const words = `--json --commands --jobs 2 ${bigOnes.join(' ')}`;
    const script = `"${process.execPath}" "${PROGRAM}" replay ${words} | head -1; echo "codes \${PIPESTATUS[0]}"`;
    const shell = spawn('bash', ['-c', script]);
    const [output, errors] = [collect(shell.stdout), collect(shell.stderr)];
    await closed(shell);
    expect(errors()).toBe('');
    expect(output()).toMatch(/^.+\ncodes 0\n$/);
    await waitFor('its processes to end', () => processesOf(folder).length === 0);
  });
});

describe('summary --json --jobs', () => {
  it('prints the document of each capture on a line', async () => {
    const { code, stdout } = await runCli(['summary', '--format', 'json', '--jobs=2', small, rotated[0]!]);
    expect(code).toBe(0);
    const documents = linesOf(stdout).map((line) => JSON.parse(line) as TaggedLine);
    expect(documents.map(({ file }) => file)).toEqual(rotated);
    const { file, ...document } = documents[1]!;
    expect(document).toEqual(JSON.parse((await runCli(['summary', '--json', file])).stdout));
  });
});

describe('while the captures are read', () => {
  const pipe = join(folder, 'pipe.pcap');
  execFileSync('mkfifo', [pipe]);
  const bytes = captureBytes(NAMES[0]!);

  /** One large capture, and one that is still being written. */
  async function started() {
    const child = startCli(['replay', '--json', '--jobs', '2', bigOnes[1]!, pipe, rotated[2]!]);
    const [output, errors] = [collect(child.stdout), collect(child.stderr)];
    const ended = closed(child);
    const writer = await open(pipe, 'w');
    await writer.write(bytes.subarray(0, bytes.length >> 1));
    await waitFor('events of both', () => output().includes(basename(pipe)) && output().includes('b.pcap'));
    const readers = processesOf(pipe).filter((pid) => pid !== child.pid);
    expect(readers).toHaveLength(1);
    return { child, output, errors, ended, writer, reader: readers[0]! };
  }

  it('Ctrl-C ends all, with what was read so far', async () => {
    const { child, output, errors, ended, writer } = await started();
    child.kill('SIGINT');
    expect(await ended).toBe(0);
    await writer.close();
    expect(errors()).toBe('psyncscope: interrupted: 1 capture not begun\n');
    expect(linesOf(output()).map(fileOf)).toContain(pipe);
    expect(output()).not.toContain(rotated[2]!);
    await waitFor('its processes to end', () => processesOf(folder).length === 0);
  });

  it('a second Ctrl-C ends them at once', async () => {
    const { child, ended, writer, reader } = await started();
    process.kill(reader, 'SIGSTOP');
    child.kill('SIGINT');
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(child.exitCode).toBe(null);
    child.kill('SIGINT');
    expect(await ended).toBe(130);
    await writer.close();
    await waitFor('its processes to end', () => processesOf(folder).length === 0);
  });

  it('a process that is killed is told, and the others go on', async () => {
    const { output, errors, ended, writer, reader } = await started();
    process.kill(reader, 'SIGKILL');
    expect(await ended).toBe(3);
    await writer.close();
    expect(errors()).toBe(
      `psyncscope: ${pipe} to ${rotated[2]}: the process that was reading ended with SIGKILL\n`,
    );
    expect(untagged(output(), bigOnes[1]!)).toBe((await runCli(['replay', '--json', bigOnes[1]!])).stdout);
  });
});

describe('wrong usage', () => {
  it.each([
    [['replay', '--json', '--jobs', '0', 'x.pcap'], /--jobs: a number from 1 to 256 is required: 0/],
    [['replay', '--json', '--jobs', '2', '--jobs', '3', 'x.pcap'], /--jobs is given more than once/],
    [['replay', '--json', '--jobs', '--aof', 'x.aof', 'x.pcap'], /leave out --aof/],
    [['timeline', '--json', '--jobs', '2', 'x.pcap'], /Unknown argument: jobs/],
  ])('psyncscope %j', async (args, message) => {
    const { code, stdout, stderr } = await runCli(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });

  it.each([
    [{ isJson: false }, '--jobs needs --json'],
    [{ elsewhere: { aof: undefined, summary: 'x.json' } }, 'leave out --summary'],
    [{ paths: ['x.pcap', '-'] }, '- is neither'],
  ])('%j', async (part, message) => {
    const whole = { command: 'replay', args: { jobs: '2' }, paths: ['x.pcap'], isJson: true, elsewhere: {} };
    const never = () => Promise.reject(new Error('it was read'));
    await expect(readApart({ ...whole, ...part }, never)).rejects.toThrow(message);
  });

  it.each(['0', '257', '-1', '1.5', '1e1', 'many', ''])('--jobs=%s', (text) => {
    expect(() => typedJobs(text)).toThrow(`--jobs: a number from 1 to 256 is required: ${text}`);
  });

  it('what follows --jobs is its number or a capture', () => {
    const words = (line: string): string =>
      completeJobs(line.split(' '), line.split(' ').indexOf('--')).join(' ');
    expect(words('replay --jobs x.pcap --')).toBe('replay --jobs=auto x.pcap --');
    expect(words('replay --jobs --json x --')).toBe('replay --jobs=auto --json x --');
    expect(words('replay x --jobs --')).toBe('replay x --jobs=auto --');
    for (const line of [
      'replay --jobs 2 x --',
      'replay --jobs -1 --',
      'replay --jobs=3 --',
      'sniff -- make --jobs',
    ])
      expect(words(line)).toBe(line);
    expect(typedJobs('auto')).toBe(availableParallelism());
  });

  it('a folder without a capture: exit code 3', async () => {
    mkdirSync(join(folder, 'empty'));
    const none = await runCli(['replay', '--json', '--jobs', join(folder, 'empty')]);
    expect({ code: none.code, stdout: none.stdout }).toEqual({ code: 3, stdout: '' });
    expect(none.stderr).toMatch(/\/empty: no capture lies in it/);
  });
});

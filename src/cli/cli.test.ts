import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { captureBytes, fixture } from '../testing/fixtures.js';
import { runCli } from '../testing/run-cli.js';

/** How the program is called: commands, flags, exit codes, and what is said when it goes wrong. */

const folder = mkdtempSync(join(tmpdir(), 'psyncscope-cli-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const CAPTURE = fixture('backlog-overflow-redis-7.2.6.pcap').path;
const COMMANDS = ['replay', 'timeline', 'summary'];

function file(name: string, content: Uint8Array | string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

describe('help and version', () => {
  for (const flag of ['--version', '-V'])
    it(flag, async () => {
      expect(await runCli([flag])).toEqual({ code: 0, stdout: `${packageJson.version}\n`, stderr: '' });
    });

  for (const flag of ['--help', '-h'])
    it(`${flag} names every command`, async () => {
      const { code, stdout, stderr } = await runCli([flag]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      for (const command of COMMANDS) expect(stdout).toContain(`psyncscope ${command}`);
      expect(stdout).toContain('Exit codes');
    });

  for (const command of COMMANDS)
    it(`${command} --help has an example`, async () => {
      const { code, stdout, stderr } = await runCli([command, '--help']);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toMatch(new RegExp(`Examples:\\n.*psyncscope ${command} `));
      for (const flag of ['--read', '--port', '--host', '--link', '--since', '--until', '--json', '--strict'])
        expect(stdout).toContain(flag);
    });

  it('completion prints a script for the shell', async () => {
    const { code, stdout } = await runCli(['completion'], { env: { SHELL: '/bin/bash' } });
    expect(code).toBe(0);
    expect(stdout).toContain('complete -o');
    expect(stdout).toContain('psyncscope');
  });
});

describe('wrong usage: exit code 2', () => {
  const cases: [string[], RegExp][] = [
    [[], /which command/],
    [['sumary', CAPTURE], /Did you mean summary\?/],
    [['frobnicate', CAPTURE], /frobnicate|unknown/i],
    [['summary', '--jsn', CAPTURE], /Unknown argument: jsn/],
    [['summary'], /no capture named/],
    [['replay'], /no capture named/],
    [['timeline'], /no capture named/],
    [['summary', '--format', 'xml', CAPTURE], /format/],
    [['summary', '--color', 'pink', CAPTURE], /color/],
    [['summary', '--reader', 'libpcap', CAPTURE], /reader/],
    [['summary', '--port', '0', CAPTURE], /not a TCP port .*: 0/],
    [['summary', '--port', '65536', CAPTURE], /not a TCP port .*: 65536/],
    [['summary', '--port', 'redis', CAPTURE], /not a TCP port/],
    [['summary', '--host', 'localhost', CAPTURE], /not an IP address: localhost/],
    [['summary', '--since', 'yesterday', CAPTURE], /--since: cannot read the time "yesterday"/],
    [['summary', '--until', '2026-13-45', CAPTURE], /--until: cannot read the time/],
  ];
  for (const [args, message] of cases)
    it(`psyncscope ${args.map((arg) => (arg === CAPTURE ? 'FILE' : arg)).join(' ')}`, async () => {
      const { code, stdout, stderr } = await runCli(args);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toMatch(message);
      expect(stderr).toMatch(/^psyncscope: /);
      expect(stderr, 'no stack trace').not.toMatch(/^ {4}at /m);
    });
});

describe('unreadable input: exit code 3', () => {
  const cases: [string, () => string, RegExp][] = [
    ['a missing file', () => join(folder, 'missing.pcap'), /missing\.pcap: no such file/],
    ['a directory', () => folder, /is a directory, not a capture file/],
    ['an empty file', () => file('empty.pcap', ''), /the file is empty/],
    ['a text file', () => file('text.pcap', 'Hello, world. This is no capture.\n'), /not a capture file/],
    [
      'a file header cut short',
      () => file('header.pcap', captureBytes(CAPTURE).subarray(0, 20)),
      /file header/,
    ],
  ];
  for (const [what, path, message] of cases)
    for (const command of COMMANDS)
      it(`${command} of ${what}`, async () => {
        const { code, stdout, stderr } = await runCli([command, path()]);
        expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
        expect(stderr).toMatch(message);
        expect(stderr).toMatch(/^psyncscope: [^\n]+\n$/);
      });

  it('names the bad one of several, before anything is printed', async () => {
    const { code, stdout, stderr } = await runCli(['replay', CAPTURE, join(folder, 'missing.pcap')]);
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toContain('missing.pcap');
  });

  it('says why the summary cannot be written', async () => {
    const { code, stderr } = await runCli(['replay', '-q', '--summary', join(folder, 'no', 'dir'), CAPTURE]);
    expect(code).toBe(3);
    expect(stderr).toContain('cannot write the summary');
  });
});

describe('a capture that is cut short', () => {
  const whole = captureBytes(CAPTURE);
  const path = () => file('cut.pcap', whole.subarray(0, 50_001));

  for (const command of COMMANDS)
    it(`${command}: analysed up to there, told with its byte position`, async () => {
      const { code, stdout, stderr } = await runCli([command, path()]);
      expect(code).toBe(0);
      expect(stdout).toContain(':18051');
      const position = Number(/cut\.pcap: the last record is cut short \(byte (\d+)\)/.exec(stderr)?.[1]);
      // The record that is not whole begins there.
      expect(position).toBeLessThan(50_001);
      expect(position).toBeGreaterThan(50_001 - 70_000);
    });

  for (const command of COMMANDS)
    it(`${command} --strict: exit code 3, with what was read`, async () => {
      const { code, stdout, stderr } = await runCli([command, '--strict', path()]);
      expect(code).toBe(3);
      expect(stdout).toContain(':18051');
      expect(stderr).toMatch(/cut short \(byte \d+\)/);
    });

  it('--strict does not mind a whole one', async () => {
    expect((await runCli(['summary', '--strict', CAPTURE])).code).toBe(0);
  });

  it('is not complete in the summary document', async () => {
    const { stdout } = await runCli(['summary', '--json', path()]);
    expect(JSON.parse(stdout).capture.complete).toBe(false);
  });
});

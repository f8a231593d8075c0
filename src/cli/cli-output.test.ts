import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { displayWidth } from '../report/width.js';
import { fixture } from '../testing/fixtures.js';
import { ESCAPES, PROGRAM, runCli } from '../testing/run-cli.js';

/** What people read: colours, widths, zones, formats. */

const CAPTURE = fixture('backlog-overflow-redis-7.2.6.pcap').path;
/** Layouts of all kinds; src/layout.test.ts looks at every capture. */
const SAMPLE = [
  'auth-redis-5.0.14.pcap',
  'ipv6-veth-valkey-8.0.1.pcap',
  'legacy-sync-redis-7.4.1.pcap',
  'multi-replica-redis-3.0.7.pcap',
  'tls-redis-7.0.15.pcap',
];
const COMMANDS = ['replay', 'timeline', 'summary'];

describe('colours', () => {
  for (const command of COMMANDS) {
    it(`${command}: none when the output is no terminal`, async () => {
      const { stdout, stderr } = await runCli([command, CAPTURE]);
      expect(stdout).not.toMatch(ESCAPES);
      expect(stderr).not.toMatch(ESCAPES);
    });

    it(`${command}: with FORCE_COLOR or --color always`, async () => {
      const forced = await runCli([command, CAPTURE], { env: { FORCE_COLOR: '1' } });
      expect(forced.stdout).toMatch(ESCAPES);
      const always = await runCli([command, '--color', 'always', CAPTURE]);
      expect(always.stdout).toMatch(ESCAPES);
      const plain = await runCli([command, CAPTURE]);
      expect(always.stdout.replace(new RegExp(ESCAPES, 'g'), '')).toBe(plain.stdout);
    });

    it(`${command}: none with NO_COLOR or --color never, whatever else is set`, async () => {
      const env = { NO_COLOR: '1', FORCE_COLOR: '1' };
      expect((await runCli([command, CAPTURE], { env })).stdout).not.toMatch(ESCAPES);
      const never = await runCli([command, '--color', 'never', CAPTURE], { env: { FORCE_COLOR: '3' } });
      expect(never.stdout).not.toMatch(ESCAPES);
    });
  }
});

describe('a terminal of 80 columns', () => {
  const captures = SAMPLE.map((name) => fixture(name).path);
  for (const command of COMMANDS)
    it(`${command}: no line is wider`, async () => {
      for (const path of captures) {
        const { stdout } = await runCli([command, path], { env: { COLUMNS: '80' } });
        const wide = stdout.split('\n').filter((line) => displayWidth(line) > 80);
        expect(wide, path).toEqual([]);
      }
    });

  it('is not needed to be that wide: narrower ones are laid out as 60', async () => {
    const { stdout } = await runCli(['summary', CAPTURE], { env: { COLUMNS: '20' } });
    expect(Math.max(...stdout.split('\n').map(displayWidth))).toBeLessThanOrEqual(60);
  });
});

describe('plain ASCII', () => {
  for (const command of COMMANDS)
    it(`${command} --ascii prints nothing else`, async () => {
      const { stdout } = await runCli([command, '--ascii', CAPTURE]);
      expect(stdout).toMatch(/^[\x20-\x7e\n]+$/);
    });
});

describe('times', () => {
  it('are UTC, or local with --local', async () => {
    const env = { TZ: 'Asia/Kolkata' };
    const utc = await runCli(['replay', CAPTURE], { env });
    expect(utc.stdout).toMatch(/^04:40:36\.520552 /m);
    const local = await runCli(['replay', '--local', CAPTURE], { env });
    expect(local.stdout).toMatch(/^10:10:36\.520552 /m);
    const document = await runCli(['summary', '--json', '--local', CAPTURE], { env });
    expect(JSON.parse(document.stdout).capture.firstTime).toBe('2026-11-21T04:40:35.912373Z');
  });
});

describe('formats', () => {
  for (const command of ['summary', 'timeline'])
    it(`${command} --format markdown`, async () => {
      const { code, stdout } = await runCli([command, '--format', 'markdown', CAPTURE]);
      expect(code).toBe(0);
      expect(stdout).toContain('127.0.0.1:18050');
      expect(stdout).toMatch(command === 'summary' ? /^\|.*\|$/m : /^(#|```|- |\*\*)/m);
      expect(stdout).not.toMatch(ESCAPES);
    });
});

describe('replay', () => {
  it('prints no events with -q', async () => {
    expect((await runCli(['replay', '-q', CAPTURE])).stdout).toBe('');
  });

  it('--commands shows each command with its bytes and the offset it ends at', async () => {
    const { stdout } = await runCli(['replay', '--commands', CAPTURE], { env: { COLUMNS: '160' } });
    const pings = stdout.split('\n').filter((line) => /ping\b.*\+14 B/i.test(line));
    expect(pings.length).toBeGreaterThan(0);
    expect(stdout).toMatch(/offset 127128\b/);
  });

  it('--acks shows each acknowledgement', async () => {
    const { stdout } = await runCli(['replay', '--acks', CAPTURE]);
    expect(stdout).toMatch(/REPLCONF ACK 127128|ACK.*127,128/);
  });
});

describe('a terminal', () => {
  it('gets colours without being asked, but not the files that output goes to', () => {
    // script(1) gives the program a terminal; the environment says which.
    const shell = spawnSync(
      'script',
      ['-qec', `"${process.execPath}" bin/psyncscope.js summary "${CAPTURE}"`, '/dev/null'],
      {
        encoding: 'utf8',
        env: { PATH: process.env.PATH, TERM: 'xterm-256color' },
      },
    );
    expect(shell.stdout).toMatch(ESCAPES);
  });
});

it('a full disk is told, with a code of its own', () => {
  const full = openSync('/dev/full', 'w');
  const { status, stderr } = spawnSync(process.execPath, [PROGRAM, 'summary', CAPTURE], {
    stdio: ['ignore', full, 'pipe'],
    encoding: 'utf8',
  });
  closeSync(full);
  expect(stderr).toContain('psyncscope: standard output: cannot be written: ENOSPC: no space left on device');
  expect(status).toBe(3);
});

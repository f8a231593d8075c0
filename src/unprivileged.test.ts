import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { fixture } from './testing/fixtures.js';
import { closed, collect, PROGRAM, waitFor } from './testing/run-cli.js';

/** Commands that read files: no network, no other program, no file but the one that was asked for, no rights. */

/** Loaded before the program: notes each use of the network and of other programs in a file. */
const WITNESS = `
const fs = require('node:fs');
const note = (what) => fs.appendFileSync(process.env.WITNESS, what + '\\n');
const wrap = (object, name, what) => {
  const original = object[name];
  object[name] = function (...args) { note(what); return original.apply(this, args); };
};
const net = require('node:net');
wrap(net.Socket.prototype, 'connect', 'net connect');
wrap(net.Server.prototype, 'listen', 'net listen');
wrap(require('node:dgram'), 'createSocket', 'dgram');
const dns = require('node:dns');
for (const name of ['lookup', 'resolve', 'resolve4', 'resolve6', 'reverse', 'lookupService']) {
  wrap(dns, name, 'dns ' + name);
  wrap(dns.promises, name, 'dns ' + name);
}
const children = require('node:child_process');
wrap(children.ChildProcess.prototype, 'spawn', 'spawn');
for (const name of ['spawnSync', 'execSync', 'execFileSync']) wrap(children, name, name);
wrap(require('node:inspector'), 'open', 'inspector');
require('node:module').syncBuiltinESMExports();
`;

const isRoot = process.getuid?.() === 0;
const NOBODY = 65_534;
const CAPTURE = 'cap.pcap';
/** Bit 13 of the capabilities (capabilities(7)). */
const CAP_NET_RAW = 1 << 13;

/** Commands on a capture, and the file that each may write. */
const COMMANDS: [args: string[], writes: string | null][] = [
  [['summary', '--json', CAPTURE], null],
  [['timeline', '--all', CAPTURE], null],
  [['replay', '--commands', CAPTURE], null],
  [['replay', '-q', '--summary', 'out', CAPTURE], 'out'],
  [['replay', '-q', '--aof', 'out', CAPTURE], 'out'],
  [['findings', CAPTURE], null],
  [['topology', CAPTURE], null],
  [['rates', CAPTURE], null],
  [['rdb', CAPTURE], null],
  [['rdb', '--save', 'out', CAPTURE], 'out'],
  [['report', '-o', 'out', CAPTURE], 'out'],
  [['check', '--max-full-resyncs', '9', '--reporter', 'junit=out', CAPTURE], 'out'],
  [['scrub', CAPTURE, 'out'], 'out'],
];

describe('commands on files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'psyncscope-unprivileged-'));
  const witness = join(folder, 'witness.cjs');
  const notes = join(folder, 'notes');
  const work = join(folder, 'work');
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  beforeAll(() => {
    writeFileSync(witness, WITNESS);
    for (const path of [folder, witness]) chmodSync(path, 0o755);
  });

  /** Runs node in an empty folder with a capture in it; as nobody where that is possible. @returns what was noted. */
  function run(args: string[]): { status: number | null; stderr: string; notes: string[]; files: string[] } {
    rmSync(work, { recursive: true, force: true });
    mkdirSync(work);
    chmodSync(work, 0o777);
    copyFileSync(fixture('backlog-overflow-redis-7.2.6.pcap').path, join(work, CAPTURE));
    chmodSync(join(work, CAPTURE), 0o644);
    writeFileSync(notes, '');
    chmodSync(notes, 0o666);
    const { status, stderr } = spawnSync(process.execPath, ['--require', witness, ...args], {
      cwd: work,
      encoding: 'utf8',
      env: { PATH: process.env.PATH, HOME: work, TMPDIR: work, WITNESS: notes },
      ...(isRoot ? { uid: NOBODY, gid: NOBODY } : {}),
    });
    const noted = readFileSync(notes, 'utf8').split('\n').filter(Boolean);
    return { status, stderr, notes: noted, files: readdirSync(work).sort() };
  }

  it('would be noticed if they did', () => {
    const code = `require('node:net').connect(9, '127.0.0.1').on('error', () => {});
      import('node:dgram').then(({ createSocket }) => createSocket('udp4').close());
      require('node:dns').lookup('localhost', () => {});
      require('node:child_process').execFileSync('true');`;
    const { notes: noted } = run(['-e', code]);
    expect(new Set(noted)).toEqual(new Set(['net connect', 'dgram', 'dns lookup', 'execFileSync']));
  });

  for (const [args, writes] of COMMANDS)
    it(`${args.slice(0, -1).join(' ')}: no network, no program, ${writes === null ? 'no file' : 'one file'}`, () => {
      const { status, stderr, notes: noted, files } = run([PROGRAM, ...args]);
      expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
      expect(noted).toEqual([]);
      expect(files).toEqual([CAPTURE, ...(writes === null ? [] : [writes])].sort());
    });

  it('run where there is no network at all', () => {
    // Without the right to make a namespace of its own a user namespace gives it.
    const made = ['-n', '-r'];
    const { status, stdout, stderr } = spawnSync(
      'unshare',
      [
        ...made,
        process.execPath,
        PROGRAM,
        'summary',
        '--json',
        fixture('backlog-overflow-redis-7.2.6.pcap').path,
      ],
      { encoding: 'utf8' },
    );
    expect(stderr).not.toMatch(/unshare/);
    expect(status).toBe(0);
    expect(JSON.parse(stdout).links).toHaveLength(1);
  });
});

/** A line of /proc/PID/status; null when the process is gone. */
function statusOf(pid: number, name: string): string | null {
  try {
    return (
      new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? null
    );
  } catch {
    return null;
  }
}

describe.runIf(isRoot)('a live capture', () => {
  const folder = mkdtempSync(join(tmpdir(), 'psyncscope-rights-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('needs rights in the child alone', async () => {
    const tcpdump = join(folder, 'tcpdump');
    copyFileSync('/usr/bin/tcpdump', tcpdump);
    chmodSync(folder, 0o755);
    execFileSync('setcap', ['cap_net_raw+ep', tcpdump]);
    const args = ['sniff', '-i', 'lo', '-p', '1', '--capture-with', 'tcpdump', '--duration', '30s'];
    const child = spawn(process.execPath, [PROGRAM, ...args], {
      ...{ uid: NOBODY, gid: NOBODY, cwd: folder },
      env: { PATH: `${folder}:${process.env.PATH}`, HOME: folder },
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    const messages = collect(child.stderr);
    await waitFor(`the capture: ${messages()}`, () => /capturing|listening/i.test(messages()));
    const children = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim().split(' ');
    expect(children).toHaveLength(1);
    for (const pid of [child.pid!, Number(children[0])]) expect(statusOf(pid, 'Uid')).toBe(String(NOBODY));
    expect(Number.parseInt(statusOf(child.pid!, 'CapEff')!, 16)).toBe(0);
    expect(Number.parseInt(statusOf(Number(children[0]), 'CapEff')!, 16)).toBe(CAP_NET_RAW);
    child.kill('SIGINT');
    expect(await closed(child)).toBe(0);
  });
});

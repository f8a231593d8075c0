import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { closed, collect, waitFor } from '../../testing/run-cli.js';

/** The screen in a real terminal, which script(1) makes; stty tells afterwards whether that is as it was. */

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const source = (path: string) => pathToFileURL(`${ROOT}src/${path}`).href;

const PROGRAM = `
import { Chalk } from '${import.meta.resolve('chalk')}';
import { canShowTop, TopScreen } from '${source('cli/live/top-screen.ts')}';
import { LiveModel } from '${source('report/live/model.ts')}';
import { LIVE_NOW, liveDocument } from '${source('testing/sample-live.ts')}';

if (!canShowTop()) {
  console.log('no terminal');
  process.exit(0);
}
const model = new LiveModel();
let now = LIVE_NOW;
const tick = () => {
  screen.update(model.update(liveDocument(now), now));
  now += 1_000_000;
};
const end = (why) => {
  clearInterval(timer);
  screen.stop();
  console.log('SUMMARY after ' + why);
};
const screen = new TopScreen({
  title: 'pid=' + process.pid + '.',
  text: { chalk: new Chalk({ level: 0 }), ascii: false, zone: 'utc' },
  eventsOf: (link) => ['event of ' + link],
  onQuit: () => end('quit'),
});
if (process.env.LISTENS) process.once('SIGTERM', () => end('SIGTERM'));
const timer = setInterval(tick, 100);
screen.start();
tick();
if (process.env.MESSAGE) screen.message(process.env.MESSAGE);
if (process.env.CRASH) setTimeout(() => { throw new Error('a defect'); }, 500);
`;

const ENTER = '\x1b[?1049h';
const LEAVE = '\x1b[?1049l';
const SHOW_CURSOR = '\x1b[?25h';

interface Terminal {
  child: ChildProcessWithoutNullStreams;
  shown: () => string;
  ended: Promise<unknown>;
  /** Process id of the program inside. */
  pid: number;
}

let folder: string;
let program: string;
const running: ChildProcessWithoutNullStreams[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'psyncscope-top-'));
  program = join(folder, 'top.mts');
  writeFileSync(program, PROGRAM);
});
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
});

/** Runs the program in a terminal of this size until its first frame. */
async function open(env: Record<string, string> = {}, rows = 24, columns = 80): Promise<Terminal> {
  const run = `"${process.execPath}" --import tsx "${program}"`;
  const command = `stty rows ${rows} cols ${columns}; ${run}; echo "EXIT $?"; stty -a; echo DONE`;
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    cwd: ROOT,
    env: { ...process.env, TERM: 'xterm-256color', SHELL: '/bin/bash', ...env },
  });
  running.push(child);
  const shown = collect(child.stdout);
  const ended = closed(child);
  const pid = await waitFor('the first frame', () => /pid=(\d+)\./.exec(shown())?.[1]);
  return { child, shown, ended, pid: Number(pid) };
}

/** What came after the screen was left; the terminal must be as it was. */
async function leftBehind({ child, shown, ended }: Terminal): Promise<string> {
  await waitFor('the end', () => shown().includes('DONE'));
  child.stdin.end();
  await ended;
  const text = shown();
  expect(text.split(ENTER).length).toBe(text.split(LEAVE).length);
  expect(text.indexOf(SHOW_CURSOR)).toBeGreaterThan(text.indexOf(ENTER));
  const after = text.slice(text.lastIndexOf(LEAVE) + LEAVE.length);
  expect(after).toMatch(/[^-]icanon/);
  expect(after).toMatch(/[^-]echo\b/);
  expect(after).toMatch(/[^-]isig/);
  return after;
}

describe('the terminal is as it was', () => {
  it('after q', async () => {
    const terminal = await open();
    terminal.child.stdin.write('q');
    const after = await leftBehind(terminal);
    expect(after).toMatch(/SUMMARY after quit\r\nEXIT 0/);
  });

  it('after Ctrl-C, which is a key here', async () => {
    const terminal = await open();
    terminal.child.stdin.write('\x03');
    expect(await leftBehind(terminal)).toMatch(/SUMMARY after quit\r\nEXIT 0/);
  });

  it.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
    ['SIGHUP', 129],
  ] as const)('after %s, which ends the program as ever', async (signal, code) => {
    const terminal = await open();
    process.kill(terminal.pid, signal);
    const after = await leftBehind(terminal);
    expect(after).toContain(`EXIT ${code}`);
    expect(after).not.toContain('SUMMARY');
  });

  it('after SIGTERM that the program listens to: it ends in its own way', async () => {
    const terminal = await open({ LISTENS: '1' });
    process.kill(terminal.pid, 'SIGTERM');
    expect(await leftBehind(terminal)).toMatch(/SUMMARY after SIGTERM\r\n/);
    expect(terminal.shown()).toContain('EXIT 0');
  });

  it('after a defect, which can be read', async () => {
    const terminal = await open({ CRASH: '1' });
    const after = await leftBehind(terminal);
    expect(after).toContain('Error: a defect');
    expect(after).toContain('EXIT 1');
  });

  it('while suspended, and the screen is drawn anew when it goes on', async () => {
    const terminal = await open();
    process.kill(terminal.pid, 'SIGTSTP');
    await waitFor('the suspension', () => terminal.shown().includes(LEAVE));
    const frames = terminal.shown().length;
    await waitFor('the stop', () => state(terminal.pid) === 'T');
    process.kill(terminal.pid, 'SIGCONT');
    await waitFor('the screen', () => terminal.shown().slice(frames).includes(`${ENTER}`));
    await waitFor('a frame', () => terminal.shown().slice(frames).includes('pid='));
    terminal.child.stdin.write('q');
    expect(await leftBehind(terminal)).toContain('EXIT 0');
  });
});

function state(pid: number): string {
  return String(spawnSync('ps', ['-o', 'state=', '-p', String(pid)]).stdout).trim();
}

describe('the screen', () => {
  it('draws whole frames at first, then the lines that changed', async () => {
    const terminal = await open();
    await waitFor('more frames', () => terminal.shown().split('\x1b[1;1H').length > 4);
    const [, first = '', ...later] = terminal.shown().split('\x1b[1;1H');
    expect(first).toContain('\x1b[24;1H');
    expect(first).toContain('q quit');
    for (const frame of later.slice(0, 3)) {
      expect(frame).not.toContain('q quit');
      expect(frame).not.toContain('\x1b[2J');
    }
    terminal.child.stdin.write('q');
    await leftBehind(terminal);
  });

  it('obeys keys, arrows in pieces among them', async () => {
    const terminal = await open();
    const { stdin } = terminal.child;
    const shows = (what: string, text: string) => waitFor(what, () => terminal.shown().includes(text));
    stdin.write('?');
    await shows('the help', 'draw everything again');
    stdin.write('\x1b');
    await shows('the table again', '>! 10.20.0.10');
    stdin.write('\x1b[');
    await new Promise((resolve) => setTimeout(resolve, 10));
    stdin.write('B');
    await shows('the second link', '>! [fd00::22]');
    await shows('its events', 'event of [fd00::10]:6379<-[fd00::22]:6379');
    stdin.write('\r');
    await shows('the detail', '── sessions');
    stdin.write('p');
    await shows('the pause', 'PAUSED at');
    const paused = terminal.shown().length;
    await new Promise((resolve) => setTimeout(resolve, 350));
    expect(terminal.shown().length).toBe(paused);
    stdin.write('q');
    await leftBehind(terminal);
  });

  it('follows the size of the terminal', async () => {
    const terminal = await open({}, 30, 100);
    const tty = String(spawnSync('ps', ['-o', 'tty=', '-p', String(terminal.pid)]).stdout).trim();
    expect(spawnSync('stty', ['-F', `/dev/${tty}`, 'rows', '10', 'cols', '40']).status).toBe(0);
    const from = terminal.shown().length;
    await waitFor('the smaller screen', () =>
      /\x1b\[2J[\s\S]*\x1b\[10;1H/.test(terminal.shown().slice(from)),
    );
    const frame = terminal.shown().slice(terminal.shown().lastIndexOf('\x1b[2J'));
    expect(frame).not.toContain('\x1b[11;1H');
    terminal.child.stdin.write('q');
    await leftBehind(terminal);
  });

  it('has a place for messages', async () => {
    const terminal = await open({ MESSAGE: 'tcpdump: 3 packets dropped' });
    await waitFor('the message', () => terminal.shown().includes('tcpdump: 3 packets dropped'));
    terminal.child.stdin.write('q');
    await leftBehind(terminal);
  });

  it('is not there without a terminal', () => {
    const { stdout } = spawnSync(process.execPath, ['--import', 'tsx', program], { cwd: ROOT, input: '' });
    expect(String(stdout)).toBe('no terminal\n');
  });
});

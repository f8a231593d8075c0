import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { CheckReport, ResultDocument } from '../index.js';
import { fixture, publicFixtures } from '../testing/fixtures.js';
import { type RunOptions, runCli } from '../testing/run-cli.js';

/** `psyncscope check` as a user and a CI run it. Exit codes are those of docs/output.md. */

const HELD = 0;
const FAILED = 1;
const USAGE = 2;
const INPUT = 3;

const folder = mkdtempSync(join(tmpdir(), 'psyncscope-check-cli-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const capture = (name: string): string => fixture(name).path;
const MISSED = capture('backlog-overflow-redis-7.2.6.pcap');
const BRIDGED = capture('partial-resync-redis-7.2.6.pcap');
const SOUND = capture('fullsync-diskless-redis-6.0.20.pcap');
const NO_LINK = publicFixtures();

let files = 0;
function file(text: string, ending = 'yaml'): string {
  const path = join(folder, `${++files}.${ending}`);
  writeFileSync(path, text);
  return path;
}

/** Runs it at 80 columns, as most logs have it. */
function check(args: readonly string[], options: RunOptions = {}) {
  return runCli(['check', ...args], { ...options, env: { COLUMNS: '80', ...options.env } });
}

async function report(args: readonly string[]): Promise<{ code: number | null; report: CheckReport }> {
  const { code, stdout } = await check([...args, '--json']);
  return { code, report: JSON.parse(stdout) as CheckReport };
}

const results = ({ subjects }: CheckReport): ResultDocument[] =>
  subjects.flatMap((subject) => subject.results);

describe('the common assertions hold, and fail, as they should', () => {
  const CASES: [flags: string[], holds: string, fails: string, told: string | RegExp][] = [
    [['--max-lag-bytes', '7kb'], MISSED, capture('lagging-replica-redis-6.2.5.pcap'), /lag\.maxBytes is \d+/],
    [['--max-lag', '1500ms'], MISSED, capture('repl-timeout-redis-6.2.5.pcap'), /lag\.maxMs is \d+/],
    [['--max-full-resyncs', '1'], BRIDGED, MISSED, 'links[0].fullResyncs is 2'],
    [['--max-reconnects', '1'], MISSED, BRIDGED, 'links[0].reconnects is 4'],
    [['--max-sync-time', '2s'], SOUND, fixturePath('transfer-slow'), /payload\.transferMs is \d+/],
    [['--no-gaps'], SOUND, capture('any-device-redis-6.2.5.snap96.pcap'), 'loss.gaps is 48'],
    [['--require-online'], BRIDGED, capture('legacy-sync-redis-7.4.1.pcap'), 'phase is "handshake"'],
    [['--fail-on', 'warning'], BRIDGED, MISSED, 'warning  backlog-overflow: a full resync'],
    [['--fail-on', 'error'], MISSED, fixturePath('drift'), 'error  drift: '],
    [
      ['-e', 'links.all(l, l.partialResyncs == l.reconnects)'],
      BRIDGED,
      MISSED,
      'links[0].partialResyncs is 0',
    ],
  ];
  for (const [flags, holds, fails, told] of CASES)
    it(flags.join(' '), async () => {
      const good = await check([holds, ...flags]);
      expect(good.code, good.stdout).toBe(HELD);
      expect(good.stdout).toContain('1 result on 1 capture: 1 passed.');
      const bad = await check([fails, ...flags]);
      expect(bad.code, bad.stdout).toBe(FAILED);
      expect(bad.stdout).toMatch(told);
      expect(bad.stdout).toContain(' → psyncscope timeline');
    });

  it('all of them at once, each by its name', async () => {
    const flags = CASES.slice(1, 8).flatMap(([flag]) => flag);
    const { code, report: all } = await report([SOUND, '--max-lag-bytes', '1mb', ...flags]);
    expect(code).toBe(HELD);
    expect(results(all).map(({ name }) => name)).toEqual([
      '--max-lag-bytes 1048576 B',
      '--max-lag 1500 ms',
      '--max-full-resyncs 1',
      '--max-reconnects 1',
      '--max-sync-time 2000 ms',
      '--no-gaps',
      '--require-online',
      '--fail-on warning',
    ]);
  });

  it('--fail-on takes the thresholds of findings', async () => {
    const frozen = fixturePath('replica-frozen');
    expect((await check([frozen, '--fail-on', 'warning'])).code).toBe(FAILED);
    const wider = ['--ack-silence', '30', '--ack-late', '30'];
    expect((await check([frozen, '--fail-on', 'warning', ...wider])).code).toBe(HELD);
    expect((await check([frozen, '--fail-on', 'warning', '--ack-silence', '0'])).code).toBe(USAGE);
  });
});

function fixturePath(finding: string): string {
  return new URL(`../../fixtures/findings/${finding}-redis-7.0.15.pcap.gz`, import.meta.url).pathname;
}

describe('wrong usage is 2, and told with what to do', () => {
  const CASES: [kind: string, args: string[], told: string][] = [
    ['nothing asserted', [MISSED], 'nothing is asserted: give an assertion file, -e, or a flag'],
    ['no capture', ['--no-gaps'], 'no capture named'],
    [
      'no capture, in the file either',
      [file('assertions: {a: {expr: links.size() == 1}}')],
      'no capture named',
    ],
    ['an expression that breaks off', [MISSED, '-e', 'links.size() =='], '-e: '],
    ['an unknown field', [MISSED, '-e', 'links[0].fullResync == 1'], 'did you mean "fullResyncs"?'],
    ['a number for an expression', [MISSED, '-e', 'links.size()'], 'must be true or false'],
    ['an empty expression', [MISSED, '-e', ''], 'the expression is empty'],
    [
      'a size without a unit that is one',
      [MISSED, '--max-lag-bytes', '1xb'],
      '--max-lag-bytes: a size such as',
    ],
    ['a time without a unit', [MISSED, '--max-lag', '5'], '--max-lag: a duration such as'],
    ['a time that is none', [MISSED, '--max-sync-time', 'soon'], '--max-sync-time: a duration such as'],
    ['a count that is none', [MISSED, '--max-full-resyncs', 'x'], '--max-full-resyncs: a whole number'],
    ['a negative count', [MISSED, '--max-reconnects=-1'], '--max-reconnects: a whole number'],
    [
      'an unknown reporter',
      [MISSED, '--no-gaps', '--reporter', 'xunit'],
      'no such reporter: xunit; there are: human',
    ],
    [
      'two reporters on one output',
      [MISSED, '--no-gaps', '--reporter', 'tap', '--json'],
      'tap and json would both go',
    ],
    ['a reporter without its file', [MISSED, '--no-gaps', '--reporter', 'tap='], 'name the file'],
    ['an unknown severity', [MISSED, '--fail-on', 'fatal'], 'fail-on'],
    [
      'a flag given twice',
      [MISSED, '--max-lag', '1s', '--max-lag', '2s'],
      '--max-lag is given more than once',
    ],
    ['an unknown flag', [MISSED, '--max-lags', '1s'], 'max-lags'],
    ['a tolerance without a baseline', [MISSED, '--tolerance', '2'], '--tolerance goes with --baseline'],
    ['an unknown key of the rules', [MISSED, file('assertion: {}')], ':1:1: unknown key "assertion"'],
  ];
  for (const [kind, args, told] of CASES)
    it(kind, async () => {
      const { code, stdout, stderr } = await check(args);
      expect(code, stderr).toBe(USAGE);
      expect(stderr).toContain(told);
      expect(stdout).toBe('');
    });

  it('a mark stands below what is wrong in an expression', async () => {
    const { stderr } = await check([MISSED, '-e', 'links.all(l, l.fullResync == 0)']);
    const [, shown, mark] = stderr.trimEnd().split('\n');
    expect(shown!.slice(mark!.indexOf('^'))).toMatch(/^fullResync /);
  });
});

describe('what cannot be read is 3', () => {
  it('a capture: the others are checked all the same', async () => {
    const noCapture = file('not a capture', 'pcap');
    const { code, stdout } = await check([noCapture, '/nowhere.pcap', SOUND, '--no-gaps']);
    expect(code).toBe(INPUT);
    expect(stdout).toContain('3 results on 1 capture: 1 passed, 2 captures not readable.');
    expect(stdout).toContain('/nowhere.pcap: no such file');
  });

  it('an assertion file', async () => {
    expect((await check([SOUND, '-a', '/nowhere.yaml'])).code).toBe(INPUT);
    const binary = join(folder, 'binary.yaml');
    writeFileSync(binary, Buffer.from([0xff, 0xfe, 0x00]));
    const { code, stderr } = await check([SOUND, binary]);
    expect(code).toBe(INPUT);
    expect(stderr).toContain('it is no UTF-8 text');
  });

  it('a baseline that is none, and a report that cannot be written', async () => {
    const { code, stderr } = await check([SOUND, '--baseline', file('{}', 'json')]);
    expect(code).toBe(INPUT);
    expect(stderr).toContain('no summary document');
    const report = await check([
      SOUND,
      '--no-gaps',
      '--reporter',
      'junit=/nowhere/x.xml',
      '--reporter',
      'human',
    ]);
    expect(report.code).toBe(INPUT);
    expect(report.stderr).toContain('/nowhere/x.xml: cannot be written');
    // What could be shown is shown.
    expect(report.stdout).toContain('1 passed');
  });

  it('a capture that breaks off, with --strict only', async () => {
    const cut = join(folder, 'cut.pcap.gz');
    writeFileSync(cut, readFileSync(SOUND).subarray(0, -2000));
    expect((await check([cut, '-e', 'links.size() == 1'])).code).toBe(HELD);
    expect((await check([cut, '-e', 'links.size() == 1', '--strict'])).code).toBe(INPUT);
  });
});

describe('nothing to check is never a pass', () => {
  it('no link in any of several captures: what was seen instead', async () => {
    const tls = capture('tls-redis-7.0.15.pcap');
    const { code, stdout } = await check([tls, NO_LINK[0]!, NO_LINK[1]!, '-e', 'links.all(l, l.id != "")']);
    expect(code).toBe(FAILED);
    expect(stdout.match(/no replication link found/g)).toHaveLength(3);
    expect(stdout.replace(/\s+/g, ' ')).toContain(
      'No replication link in 3 captures: saw 6 connections, 1 of them TLS.',
    );
  });

  it('no capture matched, on the command line and in the file', async () => {
    const typed = await check([join(folder, 'none-*.pcap'), '--no-gaps']);
    expect(typed.code).toBe(FAILED);
    expect(typed.stdout).toContain('no capture matched');
    const rules = file('captures: none-*.pcap\nassertions: {a: {expr: links.size() == 1}}');
    const named = await check([rules]);
    expect(named.code).toBe(FAILED);
    // One that matches nothing is not made good by one that does.
    expect((await check([join(folder, 'none-*'), SOUND, '--no-gaps'])).code).toBe(FAILED);
  });

  it('a link that is not there', async () => {
    const rules = file('assertions:\n  a: {link: ":9999", pattern: {links: {every: {fullResyncs: 1}}}}');
    const { code, stdout } = await check([SOUND, rules]);
    expect(code).toBe(FAILED);
    expect(stdout.replace(/\s+/g, ' ')).toMatch(/no link's id contains ":9999"; there are: [\d.]+:\d+<-/);
  });

  it('a filter of the command line that leaves nothing', async () => {
    const { code, stdout } = await check([SOUND, '--no-gaps', '--port', '9']);
    expect(code).toBe(FAILED);
    expect(stdout).toContain('a replication link to check');
  });

  it('everything skipped; but not when only some of it is', async () => {
    const skipped = '{when: links.size() > 5, expr: links.size() > 0}';
    const all = await check([SOUND, file(`assertions: {a: ${skipped}}`)]);
    expect(all.code).toBe(FAILED);
    expect(all.stdout).toContain('every assertion was skipped: nothing was checked');
    const some = await check([SOUND, file(`assertions: {a: ${skipped}, b: {expr: links.size() > 0}}`)]);
    expect(some.code).toBe(HELD);
    expect(some.stdout).toContain('- a   not so: links.size() > 5');
    expect(some.stdout).toContain('2 results on 1 capture: 1 passed, 1 skipped.');
  });

  it('a "when" that cannot be evaluated', async () => {
    const rules = file('assertions: {a: {when: "links[7].fullResyncs > 0", expr: links.size() > 0}}');
    const { code, stdout } = await check([SOUND, rules]);
    expect(code).toBe(FAILED);
    expect(stdout).toContain('its "when" cannot be evaluated: there is no [7]: the list has 1');
  });

  it('a list of every, and all of a filter, that are empty', async () => {
    expect((await check([SOUND, '-e', 'links.filter(l, l.id == "x").all(l, false)'])).code).toBe(FAILED);
    const rules = file('assertions: {a: {pattern: {findings: {every: {severity: info}}}}}');
    expect((await check([SOUND, rules])).code).toBe(FAILED);
  });
});

describe('severity', () => {
  const RULES = file(
    'assertions:\n  a: {severity: warning, expr: links.size() == 2}\n  b: {expr: links.size() == 1}',
  );

  it('of a warning alone nothing fails', async () => {
    const { code, stdout } = await check([SOUND, RULES]);
    expect(code).toBe(HELD);
    expect(stdout).toContain(`! a   ${RULES.slice(0, 10)}`);
    expect(stdout).toContain('1 passed, 1 warning.');
  });

  it('unless --fail-on warning', async () => {
    expect((await check([SOUND, RULES, '--fail-on', 'warning'])).code).toBe(FAILED);
    expect((await check([SOUND, RULES, '--fail-on', 'error'])).code).toBe(HELD);
  });
});

describe('captures', () => {
  it('those of the file are relative to it, those of the command line win', async () => {
    writeFileSync(join(folder, 'here.pcap.gz'), readFileSync(MISSED));
    const rules = file('captures: here.*\nassertions: {a: {expr: "links.all(l, l.fullResyncs == 2)"}}');
    const own = await report([rules]);
    expect(own.code).toBe(HELD);
    expect(own.report.subjects.map(({ name }) => basename(name))).toEqual(['here.pcap.gz']);
    expect((await check([rules, BRIDGED])).code).toBe(FAILED);
  });

  it('globs, each match a subject of its own, none twice', async () => {
    const pattern = MISSED.replace('7.2.6', '*');
    const { code, report: found } = await report([pattern, '-r', MISSED, '-e', 'links.size() == 1']);
    expect(code).toBe(HELD);
    expect(found.subjects.map(({ name }) => basename(name))).toEqual([
      'backlog-overflow-redis-3.0.7.pcap.gz',
      'backlog-overflow-redis-7.2.6.pcap.gz',
    ]);
  });

  it('--merge: several are one', async () => {
    const { report: merged } = await report([MISSED, BRIDGED, '--merge', '-e', 'links.size() == 2']);
    expect(merged.subjects).toHaveLength(1);
    expect(merged.subjects[0]!.links).toBe(2);
    expect(merged.passed).toBe(true);
  });

  it('standard input; a link of it is no file to look closer at', async () => {
    const { code, stdout } = await check(['-', '--max-full-resyncs', '1'], { input: readFileSync(MISSED) });
    expect(code).toBe(FAILED);
    expect(stdout).toContain('links[0].fullResyncs is 2');
    expect(stdout).not.toContain('psyncscope timeline');
  });

  it('--link, --since and --until narrow what is checked', async () => {
    const chain = capture('failover-chain-redis-6.2.5.pcap');
    expect((await check([chain, '-e', 'links.size() == 3'])).code).toBe(HELD);
    expect((await check([chain, '--link', ':19061<-', '-e', 'links.size() == 2'])).code).toBe(HELD);
    expect((await check([MISSED, '--until', '+2s', '--max-full-resyncs', '1'])).code).toBe(HELD);
  });

  it('events of links that --link leaves out are not met', async () => {
    const chain = capture('failover-chain-redis-6.2.5.pcap');
    const rules = file('assertions: {a: {events: [{event: sync.decided, decision: CONTINUE}], never: true}}');
    expect((await check([chain, rules])).code).toBe(FAILED);
    expect((await check([chain, rules, '--link', '127.0.0.1:19060<-'])).code).toBe(HELD);
  });
});

describe('a file whose name is a trap', () => {
  const NAME = `it's $(touch was-here) "<&>" -- # ::error::x\n not ok.pcap.gz`;

  it('is checked, shown harmlessly by each reporter, and looked at closer by the command as it stands', async () => {
    const trap = join(folder, NAME);
    writeFileSync(trap, readFileSync(MISSED));
    const to = (name: string): string => join(folder, `trap.${name}`);
    const reporters = ['junit', 'tap', 'github'].flatMap((name) => ['--reporter', `${name}=${to(name)}`]);
    const { code, stdout } = await check([trap, '--max-full-resyncs', '1', ...reporters, '--json']);
    expect(code).toBe(FAILED);
    expect(readFileSync(to('junit'), 'utf8')).toContain('&quot;&lt;&amp;&gt;&quot;');
    expect(
      readFileSync(to('tap'), 'utf8')
        .split('\n')
        .filter((line) => /^(not )?ok/.test(line)),
    ).toHaveLength(1);
    expect(readFileSync(to('github'), 'utf8').trimEnd().split('\n')).toHaveLength(2);
    const told = (JSON.parse(stdout) as CheckReport).subjects[0]!.results[0]!.failures[0]!.command!;
    const program = `'${process.execPath}' '${new URL('../../bin/psyncscope.js', import.meta.url).pathname}'`;
    const shown = execFileSync('sh', ['-c', told.replace('psyncscope', program)], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect(shown).toContain('backlog miss');
    expect(existsSync(join(folder, 'was-here'))).toBe(false);
  });
});

describe('reporters', () => {
  it('several, each to its file, and people see it as well', async () => {
    const to = (name: string): string => join(folder, `report.${name}`);
    const names = ['junit', 'tap', 'github', 'json', 'human'];
    const { code, stdout } = await check([
      MISSED,
      '--max-full-resyncs',
      '1',
      '--color',
      'always',
      ...names.flatMap((name) => ['--reporter', `${name}=${to(name)}`]),
    ]);
    expect(code).toBe(FAILED);
    expect(stdout).toContain('\x1b[31m');
    const written = Object.fromEntries(names.map((name) => [name, readFileSync(to(name), 'utf8')]));
    expect(written.junit).toMatch(/^<\?xml version="1.0" encoding="UTF-8"\?>\n<testsuites /);
    expect(written.tap).toMatch(/^TAP version 14\n1\.\.1\nnot ok 1 - /);
    expect(written.github).toMatch(/^::error title=--max-full-resyncs 1 /);
    expect((JSON.parse(written.json!) as CheckReport).schema).toBe('psyncscope.check/1');
    expect(written.human).toContain('✗ --max-full-resyncs 1');
    for (const text of Object.values(written)) {
      expect(text.endsWith('\n')).toBe(true);
      expect(text).not.toContain('\x1b');
      expect(text).toContain('fullResyncs is 2');
    }
  });

  it('--json is what the library gives', async () => {
    const { code, report: told } = await report([MISSED, '--max-full-resyncs', '1']);
    expect(code).toBe(FAILED);
    expect(told).toMatchObject({
      schema: 'psyncscope.check/1',
      passed: false,
      failOn: 'error',
      counts: { passed: 0, failed: 1, warned: 0, skipped: 0, errors: 0 },
      subjects: [{ name: MISSED, links: 1, ignored: { connections: 3, encryptedConnections: 0 } }],
    });
    expect(results(told)[0]!.failures[0]).toMatchObject({
      message: 'links[0].fullResyncs is 2',
      values: [{ path: 'links[0].fullResyncs', value: 2 }],
      link: '127.0.0.1:18050<-127.0.0.1:18051',
      session: 2,
      at: '2026-11-21T04:40:39.624926Z',
      findings: [{ severity: 'warning', code: 'backlog-overflow' }],
      command: `psyncscope timeline ${MISSED}`,
    });
  });

  it('a red log fits 80 columns', async () => {
    const { stdout } = await check([
      MISSED,
      BRIDGED,
      '--max-full-resyncs',
      '0',
      '--max-reconnects',
      '0',
      '--max-lag',
      '1ms',
      '--fail-on',
      'warning',
    ]);
    const lines = stdout.split('\n').filter((line) => !line.includes(folder) && !line.includes('.pcap'));
    expect(Math.max(...lines.map((line) => [...line].length))).toBeLessThanOrEqual(80);
  });

  it('--ascii has no other characters, --local tells local times', async () => {
    const ascii = await check([MISSED, '--max-full-resyncs', '1', '--ascii']);
    expect(ascii.stdout).toMatch(/^[\x00-\x7f]*$/);
    expect(ascii.stdout).toContain('FAIL --max-full-resyncs 1');
    const local = await check([MISSED, '--max-full-resyncs', '1', '--local'], { env: { TZ: 'Asia/Tokyo' } });
    expect(local.stdout).toContain('session 2, 13:40:39.624');
  });
});

describe('--init', () => {
  it('writes a file that holds for its capture, and not for another one', async () => {
    for (const path of [MISSED, BRIDGED, capture('dual-channel-valkey-8.0.1.pcap')]) {
      const init = await check(['--init', path]);
      expect(init.code).toBe(HELD);
      const rules = file(init.stdout);
      const again = await check([rules, path]);
      expect(again.code, again.stdout).toBe(HELD);
    }
    const rules = file((await check(['--init', BRIDGED])).stdout);
    expect((await check([rules, MISSED])).code).toBe(FAILED);
  });

  it('writes nothing of a capture without a link', async () => {
    const { code, stdout, stderr } = await check(['--init', NO_LINK[0]!]);
    expect(code).toBe(FAILED);
    expect(stdout).toBe('');
    expect(stderr).toContain('nothing to assert');
  });
});

describe('--baseline', () => {
  it('the same capture is as good, another one worse; tolerances are typed', async () => {
    const { stdout } = await runCli(['summary', '--json', SOUND]);
    const old = file(stdout, 'json');
    expect((await check([SOUND, '--baseline', old])).code).toBe(HELD);
    const { code, report: worse } = await report([MISSED, '--baseline', old, '--no-gaps']);
    expect(code).toBe(FAILED);
    expect(results(worse).map(({ status }) => status)).toEqual(['passed', 'failed', 'failed']);
    const told = results(worse).flatMap(({ failures }) => failures.map(({ message }) => message));
    expect(told[0]).toBe('decision 2 was not made, is FULLRESYNC (backlog-miss)');
    expect(told).toContain('links[0].fullResyncs was 1, is 2');
    expect(told.at(-1)).toMatch(/^warning: backlog-overflow: /);
    const slow = await check([MISSED, '--baseline', old, '--tolerance', '1', '--tolerance', 'lag.maxMs=100']);
    expect(slow.code).toBe(FAILED);
    expect((await check([SOUND, '--baseline', old, '--tolerance', '0.5'])).code).toBe(USAGE);
    expect((await check([SOUND, '--baseline', old, '--tolerance', 'lag.max=3'])).code).toBe(USAGE);
    expect((await check([SOUND, MISSED, '--baseline', old])).code).toBe(USAGE);
    expect((await check([SOUND, '--baseline', '/nowhere.json'])).code).toBe(INPUT);
  });
});

describe('sniff --check', () => {
  it('is refused before anything is captured when the assertions are wrong', async () => {
    const wrong = await runCli(['sniff', '-i', 'lo', '--check', file('assertions: {}')]);
    expect(wrong.code).toBe(USAGE);
    expect(wrong.stderr).not.toContain('listening on');
    const absent = await runCli(['sniff', '-i', 'lo', '--check', '/nowhere.yaml']);
    expect(absent.code).toBe(INPUT);
    const alone = await runCli(['sniff', '-i', 'lo', '--reporter', 'tap']);
    expect(alone.code).toBe(USAGE);
    expect(alone.stderr).toContain('--reporter goes with --check');
  });
});

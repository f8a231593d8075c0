import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import type { CheckReport } from './index.js';
import { freePort } from './testing/redis-server.js';
import { runCli } from './testing/run-cli.js';

/** examples/partial-resync as a reader runs it: real servers, a live capture, and both verdicts. */

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const EXAMPLE = 'examples/partial-resync';
const folder = mkdtempSync(join(tmpdir(), 'psyncscope-examples-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A port whose next one is free as well. */
async function twoPorts(): Promise<number> {
  for (;;) {
    const port = await freePort();
    if ((await freePort()) === port + 1) return port;
  }
}

async function run(backlog: string) {
  const port = await twoPorts();
  const saved = join(folder, `${backlog}.json`);
  const capture = join(folder, `${backlog}.pcap`);
  const captured = ['-i', 'lo', '-p', `${port}`, '-q', '--capture-with', 'tcpdump', '-w', capture];
  const reporters = ['--reporter', 'human', '--reporter', `json=${saved}`];
  const args = ['sniff', ...captured, '--check', `${EXAMPLE}/replication.yaml`, ...reporters];
  const result = await runCli([...args, '--', `${EXAMPLE}/scenario.sh`], {
    cwd: ROOT,
    env: { COLUMNS: '80', PORT: `${port}`, BACKLOG: backlog },
  });
  return { ...result, port, capture, report: JSON.parse(readFileSync(saved, 'utf8')) as CheckReport };
}

const statuses = ({ subjects }: CheckReport): [string, string][] =>
  subjects.flatMap(({ results }) => results.map(({ name, status }): [string, string] => [name, status]));

describe('examples/partial-resync', { retry: 2 }, () => {
  it('passes: the backlog bridges the break', async () => {
    const { code, stdout, stderr, report, capture } = await run('1mb');
    expect(stderr).toContain('capturing with tcpdump');
    expect(code, stdout + stderr).toBe(0);
    expect(statuses(report)).toEqual([
      ['one replica', 'passed'],
      ['a short break is bridged by the backlog', 'passed'],
      ['one full resync, the first', 'passed'],
      ['online and level at the end', 'passed'],
    ]);
    // What was recorded says the same later.
    const later = await runCli(['check', capture, `${EXAMPLE}/replication.yaml`], { cwd: ROOT });
    expect(later.code, later.stdout).toBe(0);
  });

  it('fails with a backlog that is too small, and says why, where, and what to set', async () => {
    const { code, stdout, stderr, report, port, capture } = await run('16kb');
    expect(code, stdout + stderr).toBe(1);
    expect(statuses(report).filter(([, status]) => status === 'failed')).toEqual([
      ['a short break is bridged by the backlog', 'failed'],
      ['one full resync, the first', 'failed'],
    ]);
    const text = stdout.slice(stdout.indexOf('✗')).replace(/\s+/g, ' ');
    expect(text).toContain(
      `✗ a short break is bridged by the backlog ${EXAMPLE}/replication.yaml:6 ` +
        'connection.closed, then sync.decided {decision: CONTINUE} within 10s ' +
        'a full resync costs a fork of the master and the whole data set once more',
    );
    expect(text).toMatch(
      /sync\.decided \{decision: CONTINUE\} \(event 2 of 2\) did not come after connection\.closed at [\d:.]+: sync\.decided came at [\d:.]+, but its decision is "FULLRESYNC", not "CONTINUE"/,
    );
    expect(text).toMatch(
      new RegExp(`127\\.0\\.0\\.1:${port}<-127\\.0\\.0\\.1:${port + 1}, session 2, [\\d:.]+, packet \\d+`),
    );
    expect(text).toMatch(/backlog miss: 10\d,\d{3} bytes back after .*, more than the backlog holds/);
    expect(text).toMatch(/warning backlog-overflow: a full resync that a backlog of 10\d,\d{3} bytes/);
    expect(text).toContain('→ CONFIG SET repl-backlog-size 1mb on the master');
    expect(text).toContain('links[0].fullResyncs is 2, not 1');
    expect(text).toContain(`psyncscope timeline ${capture}`);
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
    const closed = report.subjects[0]!.results[1]!.failures[0]!;
    const times = closed.message.match(/\d\d:\d\d:\d\d\.\d{3}/g)!;
    expect(times[0]! < times[1]!, closed.message).toBe(true);
  });

  it("gives the scenario's own exit code when that fails", async () => {
    const port = await twoPorts();
    const args = ['sniff', '-i', 'lo', '-p', `${port}`, '-q', '--check', `${EXAMPLE}/replication.yaml`];
    const result = await runCli([...args, '--', 'sh', '-c', 'exit 7'], { cwd: ROOT });
    expect(result.code).toBe(7);
    expect(result.stdout).toContain('no replication link');
  });
});

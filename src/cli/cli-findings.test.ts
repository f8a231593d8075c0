import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { runCli } from '../testing/run-cli.js';

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../fixtures/embedded/${name}.pcap`, import.meta.url));

describe('psyncscope findings', () => {
  it('lists them with advice and a command to look at the packets', async () => {
    const { stdout, code } = await runCli(['findings', fixture('backlog-miss')]);
    expect(code).toBe(0);
    expect(stdout).toContain('10.0.0.1:6379 → 10.0.0.2:6379   1 warning');
    expect(stdout).toContain('→ CONFIG SET repl-backlog-size 1mb on the master');
    expect(stdout).toMatch(/tshark -r \S+backlog-miss\.pcap -Y 'ip\.addr == 10\.0\.0\.1 && /);
  });

  it('--json gives them as the summary document has them, worst first', async () => {
    const path = fixture('resync-loop');
    const report = JSON.parse((await runCli(['findings', '--json', path])).stdout);
    const summary = JSON.parse((await runCli(['summary', '--json', path])).stdout);
    expect(report.schema).toBe('psyncscope.findings/1');
    expect(report.findings.length).toBe(summary.findings.length);
    expect(summary.findings).toEqual(expect.arrayContaining(report.findings));
    expect(report.findings[0]).toMatchObject({ severity: 'error', code: 'resync-loop' });
    expect(report.capture.packets).toBe(summary.capture.packets);
  });

  it.each([
    ['backlog-miss', 'warning', 1],
    ['backlog-miss', 'error', 0],
    ['resync-loop', 'error', 1],
    ['resync-loop', 'warning', 1],
    ['first-sync-disk', 'warning', 0],
    ['corrupt-payload', 'info', 1],
    ['first-sync-disk', 'info', 0],
  ])('%s --fail-on %s: exit code %d', async (name, severity, code) => {
    expect((await runCli(['findings', '--fail-on', severity, fixture(name)])).code).toBe(code);
  });

  it('takes thresholds', async () => {
    const codes = async (...args: string[]): Promise<string[]> => {
      const { stdout } = await runCli(['findings', '--json', ...args, fixture('backlog-miss')]);
      return JSON.parse(stdout).findings.map((each: { code: string }) => each.code);
    };
    expect(await codes()).toEqual(['backlog-overflow']);
    expect(await codes('--min-replicas', '3', '--min-replicas-max-lag', '0.5')).toContain('min-replicas');
    expect(await codes('--ack-late', '0.5')).toContain('acks-late');
  });

  it('thresholds are the same for each command that shows findings', async () => {
    const path = fixture('backlog-miss');
    const flags = ['--ack-late', '0.5'];
    const document = JSON.parse((await runCli(['summary', '--json', ...flags, path])).stdout);
    const codes = document.findings.map((each: { code: string }) => each.code);
    expect(codes).toContain('acks-late');
    for (const command of ['replay', 'timeline']) {
      const { stdout } = await runCli([command, '--json', ...flags, path]);
      const told = stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
        .filter(({ event }) => event === 'finding');
      // Each once, at the moment it is known, in the order of time, with its packets.
      expect(told.map(({ code }) => code).sort(), command).toEqual(codes.sort());
      for (const { time, at, packets } of told) {
        expect(at <= time).toBe(true);
        expect(packets.length).toBeGreaterThan(0);
      }
    }
    for (const words of [['summary', path], ['timeline', path], ['replay', path], ['sniff']])
      expect((await runCli([...words, '--ack-late', '0'])).stderr).toMatch(/--ack-late: a number above 0/);
  });

  it('fits 80 columns but for the commands to copy, in plain ASCII where asked, without colours in a pipe', async () => {
    for (const name of ['resync-loop', 'drift', 'corrupt-payload']) {
      const { stdout } = await runCli(['findings', '--ascii', fixture(name)], { env: { COLUMNS: '80' } });
      expect(stdout).toMatch(/^[\n\x20-\x7e]+$/);
      expect(stdout).not.toContain('?');
      expect(stdout).toMatch(/\n {11}> /);
      for (const line of stdout.split('\n'))
        if (!line.includes('tshark -r')) expect(line.length).toBeLessThanOrEqual(80);
    }
  });

  it.each([
    [['--lag', '-1'], /--lag: a number above 0/],
    [['--lag', 'x'], /--lag: a number above 0/],
    [['--big-command', '3 parrots'], /--big-command: a size such as/],
    [['--fail-on', 'boredom'], /fail-on/],
  ])('%j is wrong usage', async (args, message) => {
    const { code, stderr } = await runCli(['findings', ...args, fixture('first-sync-disk')]);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });

  it('an input that cannot be read is no finding', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'findings-'));
    const { code } = await runCli(['findings', '--fail-on', 'warning', join(folder, 'none.pcap')]);
    expect(code).toBe(3);
    rmSync(folder, { recursive: true });
  });

  it('says so when nothing is found', async () => {
    const { stdout } = await runCli(['findings', fixture('first-sync-disk')]);
    expect(stdout).toMatch(/^no findings\n/);
  });
});

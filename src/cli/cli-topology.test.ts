import { describe, expect, it } from 'vitest';
import { fixture } from '../testing/fixtures.js';
import { runCli } from '../testing/run-cli.js';

const { path } = fixture('failover-chain-redis-6.2.5.pcap');

describe('psyncscope topology', () => {
  it('prints the tree as of the end', async () => {
    const { code, stdout } = await runCli(['topology', path], { env: { COLUMNS: '80' } });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^127\.0\.0\.1:19061 {3}master/m);
    expect(stdout).toMatch(/└─ 127\.0\.0\.1:19062 {3}online/);
  });

  it('prints the tree as of an earlier time: before the promotion', async () => {
    const { stdout } = await runCli(['topology', '--at', '04:40:45', path]);
    expect(stdout).toMatch(/^127\.0\.0\.1:19060 {3}master/m);
    expect(stdout).not.toContain('promoted');
  });

  it('prints a document, or a graph', async () => {
    const { stdout } = await runCli(['topology', '--json', path]);
    expect(JSON.parse(stdout)).toMatchObject({ schema: 'psyncscope.topology/1', nodes: { length: 3 } });
    expect((await runCli(['topology', '--mermaid', path])).stdout).toMatch(/^flowchart TD\n {2}n0\[/);
    expect((await runCli(['topology', '--dot', path])).stdout).toMatch(/^digraph replication \{\n/);
  });

  it.each([[['--json', '--dot']], [['--at', '+1s', '--until', '+2s']], [['--at', 'noon']]])(
    '%j is wrong usage',
    async (flags) => {
      const { code, stdout, stderr } = await runCli(['topology', ...flags, path]);
      expect(code).toBe(2);
      expect(stdout).toBe('');
      expect(stderr).toContain('psyncscope: ');
    },
  );
});

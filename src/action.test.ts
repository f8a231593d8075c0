import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';

/** The lines of action.yml, run as GitHub's runner runs them: that shell, those variables, those files. */

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'psyncscope-action-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Action {
  inputs: Record<string, { default: string }>;
  outputs: Record<string, { value: string }>;
  runs: { using: string; steps: Step[] };
}

interface Step {
  id?: string;
  shell?: string;
  run?: string;
  env?: Record<string, string>;
}

const ACTION = parse(readFileSync(join(ROOT, 'action.yml'), 'utf8')) as Action;
const STEP = ACTION.runs.steps.find(({ id }) => id === 'check')!;

const CAPTURES = 'fixtures/captures';
const BRIDGED = `${CAPTURES}/partial-resync-redis-7.2.6.pcap.gz`;
const MISSED = `${CAPTURES}/backlog-overflow-redis-7.2.6.pcap.gz`;

/** What `${{ inputs.name }}` in a step's variables becomes. */
function filled(value: string, inputs: Record<string, string>): string {
  return value.replace(/\$\{\{ inputs\.([\w-]+) \}\}/g, (_, name: string) => {
    if (ACTION.inputs[name] === undefined) throw new Error(`no such input: ${name}`);
    return inputs[name] ?? ACTION.inputs[name].default;
  });
}

function act(inputs: Record<string, string>) {
  const temp = mkdtempSync(join(folder, 'run-'));
  const files = {
    script: join(temp, 'step.sh'),
    summary: join(temp, 'summary.md'),
    output: join(temp, 'output'),
  };
  writeFileSync(files.script, STEP.run!);
  writeFileSync(files.summary, '');
  writeFileSync(files.output, '');
  const own = Object.entries(STEP.env ?? {}).map(([name, value]) => [name, filled(value, inputs)] as const);
  const { status, stdout, stderr } = spawnSync(
    'bash',
    ['--noprofile', '--norc', '-e', '-o', 'pipefail', files.script],
    {
      cwd: ROOT,
      encoding: 'utf8',
      env: {
        PATH: process.env.PATH,
        CI: 'true',
        GITHUB_ACTIONS: 'true',
        GITHUB_ACTION_PATH: ROOT,
        GITHUB_WORKSPACE: ROOT,
        GITHUB_STEP_SUMMARY: files.summary,
        GITHUB_OUTPUT: files.output,
        RUNNER_TEMP: temp,
        ...Object.fromEntries(own),
      },
    },
  );
  const read = (path: string): string => readFileSync(path, 'utf8');
  return {
    status,
    lines: stdout.trimEnd().split('\n'),
    stderr,
    summary: read(files.summary),
    output: read(files.output),
  };
}

describe('action.yml', () => {
  it('is a composite action whose inputs and outputs go where its steps have them', () => {
    expect(ACTION.runs.using).toBe('composite');
    expect(STEP.shell).toBe('bash');
    expect(ACTION.outputs.junit!.value).toContain('steps.check.outputs.junit');
    expect(Object.values(STEP.env!).map((value) => filled(value, {}))).toEqual(['', '', '']);
    // Text of an input never becomes text of a script.
    expect(STEP.run).not.toContain('${{');
  });

  it('passes', () => {
    const { status, lines, stderr, summary, output } = act({
      captures: BRIDGED,
      args: '--max-full-resyncs=1',
    });
    expect(status, stderr).toBe(0);
    expect(lines).toEqual(['::notice title=psyncscope check::1 passed, 0 failed, 0 warnings, 0 skipped']);
    expect(summary).toContain('### psyncscope check\n');
    expect(summary).toContain('      ✓ --max-full-resyncs 1\n');
    const junit = /^junit=(.+)$/m.exec(output)![1]!;
    expect(readFileSync(junit, 'utf8')).toContain('<testsuites ');
  });

  it('fails: an annotation at the assertion, and the whole story as the summary of the step', () => {
    const rules = join(folder, 'rules.yaml');
    writeFileSync(rules, 'assertions:\n  no surprise:\n    expr: links.all(l, l.fullResyncs == 1)\n');
    const { status, lines, summary, output } = act({
      captures: `${MISSED}\n${BRIDGED}\n`,
      assertions: rules,
      args: '--expr=links.size() == 1\n--require-online',
    });
    expect(status).toBe(1);
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(
      /^::error file=[^,]+rules\.yaml,line=2,title=no surprise \([^)]+\)::links\[0\]\.fullResyncs is 2%0Aasserted: links\.all/,
    );
    expect(lines[0]).toContain('CONFIG SET repl-backlog-size 1mb');
    expect(lines[1]).toBe('::notice title=psyncscope check::5 passed, 1 failed, 0 warnings, 0 skipped');
    expect(summary.split('\n').filter((line) => line.includes('✓'))).toHaveLength(5);
    expect(summary).toContain('backlog miss: 113,520 bytes back');
    // Code as a whole: no line of it is Markdown.
    expect(
      summary
        .split('\n')
        .slice(2)
        .every((line) => line === '' || line.startsWith('    ')),
    ).toBe(true);
    expect(output).toContain('junit=');
  });

  it('tells what is wrong with the assertions, and with captures, as an error', () => {
    const rules = join(folder, 'wrong.yaml');
    writeFileSync(rules, 'assertions:\n  a: {exprs: "100%"}\n  b: {exprs: x}\n');
    const wrong = act({ captures: BRIDGED, assertions: rules });
    expect(wrong.status).toBe(2);
    expect(wrong.lines).toHaveLength(1);
    expect(wrong.lines[0]).toMatch(
      /^::error title=psyncscope check::psyncscope: .*wrong\.yaml:2:\d+: .*exprs.*%0A/,
    );
    const absent = act({ captures: '/nowhere.pcap', args: '--no-gaps' });
    expect(absent.status).toBe(3);
    expect(absent.lines[0]).toMatch(/^::error .*title=the capture can be read/);
  });

  it('runs nothing that stands in an input', () => {
    const { lines, status } = act({
      captures: '$(touch /tmp/psyncscope-was-here)`id`; exit 0',
      args: '--no-gaps',
    });
    expect(status).toBe(3);
    expect(lines.join('\n')).toContain('$(touch');
    expect(spawnSync('test', ['-e', '/tmp/psyncscope-was-here']).status).toBe(1);
  });

  it('is a script that bash finds nothing wrong with', () => {
    execFileSync('bash', ['-n'], { input: STEP.run! });
  });
});

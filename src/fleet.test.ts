import { spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { freePort } from './testing/redis-server.js';
import { closed, collect, PROGRAM, waitFor } from './testing/run-cli.js';

/** docs/fleet.md followed to the letter: real servers, two sniffers, two Prometheus, a replica that stands still, an alert. */

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const PAGE = readFileSync(join(ROOT, 'docs/fleet.md'), 'utf8');
const FOLDER_OF_PAGE = '/tmp/psyncscope-fleet';
const PORTS_OF_PAGE = ['7700', '7710', '9400', '9401', '9490', '9491'];

const folder = mkdtempSync(join(tmpdir(), 'psyncscope-fleet-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Commands of the page, each with the output that is pasted behind it, if any. */
function steps(): { script: string; output: string | undefined }[] {
  const marked = /<!-- run -->\n\n```sh\n([\s\S]*?)```\n(?:\n```text\n([\s\S]*?)```\n)?/g;
  return [...PAGE.matchAll(marked)].map(([, script, output]) => ({ script: script!, output }));
}

/** Lines in which numbers do not count, nor the order of series. */
function shape(text: string): string[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/\d+(?:\.\d+)?/g, '#'))
    .sort();
}

/** Ports for those of the page; replicas have the port behind that of their master. */
async function ports(): Promise<Map<string, string>> {
  const own = new Map<string, string>();
  for (const port of PORTS_OF_PAGE) {
    let chosen = await freePort();
    if (port.startsWith('77')) while ((await freePort()) !== chosen + 1) chosen = await freePort();
    own.set(port, `${chosen}`);
    if (port.startsWith('77')) own.set(`${Number(port) + 1}`, `${chosen + 1}`);
  }
  return own;
}

interface Alert {
  labels: Record<string, string>;
  annotations: Record<string, string>;
  state: string;
}

async function alertsOf(port: string): Promise<Alert[]> {
  const answer = await fetch(`http://127.0.0.1:${port}/api/v1/alerts`);
  return ((await answer.json()) as { data: { alerts: Alert[] } }).data.alerts;
}

const prometheus = spawnSync('prometheus', ['--version']).status === 0;

describe.skipIf(!prometheus)('docs/fleet.md', { retry: 1 }, () => {
  it('leads from nothing to an alert about a replica that lags, and to its end', async () => {
    const work = mkdtempSync(join(folder, 'run-'));
    const bin = join(work, 'bin');
    mkdirSync(bin);
    symlinkSync(PROGRAM, join(bin, 'psyncscope'));
    const own = await ports();
    const place = (script: string): string =>
      script
        .replace(/\b\d{4}\b/g, (number) => own.get(number) ?? number)
        .replaceAll(FOLDER_OF_PAGE, join(work, 'fleet'));
    // The shipped files name the ports of the page.
    mkdirSync(join(work, 'docs/prometheus'), { recursive: true });
    for (const name of ['psyncscope.rules.yml', 'prometheus.yml', 'federation.yml'])
      writeFileSync(
        join(work, 'docs/prometheus', name),
        place(readFileSync(join(ROOT, 'docs/prometheus', name), 'utf8')),
      );
    const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` };
    // In a group of its own, so that whatever happens nothing of it is left.
    const shell = spawn('bash', ['-eu', '-o', 'pipefail'], { cwd: work, env, detached: true });
    const [output, errors] = [collect(shell.stdout), collect(shell.stderr)];
    const ended = closed(shell);
    try {
      for (const [index, { script, output: pasted }] of steps().entries()) {
        shell.stdin.write(`${place(script)}\nprintf '\\0'\n`);
        const outputs = await waitFor(
          `step ${index + 1}: ${script}`,
          () => {
            if (shell.exitCode !== null) throw new Error(`step ${index + 1} failed: ${errors()}`);
            const parts = output().split('\0');
            return parts.length > index + 1 ? parts : undefined;
          },
          30_000,
        );
        if (pasted !== undefined) expect(shape(outputs[index]!), script).toEqual(shape(pasted));
        if (!script.includes('kill -STOP')) continue;
        const firing = (await alertsOf(own.get('9490')!)).filter(({ state }) => state === 'firing');
        expect(firing).toEqual([
          expect.objectContaining({
            labels: {
              alertname: 'PsyncscopeReplicaLags',
              instance: `127.0.0.1:${own.get('9400')}`,
              job: 'psyncscope',
              master: `127.0.0.1:${own.get('7700')}`,
              replica: `127.0.0.1:${own.get('7701')}`,
              severity: 'warning',
            },
          }),
        ]);
        expect(firing[0]!.annotations.summary).toMatch(
          /its oldest byte that is not acknowledged is [2-9][.\d]*s old/,
        );
        expect(existsSync(join(ROOT, firing[0]!.annotations.runbook_url!))).toBe(true);
      }
      shell.stdin.end();
      expect(await ended).toBe(0);
      expect(errors()).toBe('');
    } finally {
      try {
        process.kill(-shell.pid!, 'SIGKILL');
      } catch {
        // All of it has ended.
      }
    }
  });

  it('has as many steps as it should', () => {
    expect(steps().length).toBe(7);
    expect(steps().filter(({ output }) => output !== undefined).length).toBe(6);
  });
});

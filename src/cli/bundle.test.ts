import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';
import { afterAll, describe, expect, it } from 'vitest';
import { fixture } from '../testing/fixtures.js';
import { runCli } from '../testing/run-cli.js';

/** The one file that `npm run build` joins the command line into. */

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const BUNDLE = join(ROOT, 'dist/bundle/psyncscope.cjs');
const CAPTURE = fixture('backlog-overflow-redis-7.2.6.pcap').path;

const folder = mkdtempSync(join(tmpdir(), 'psyncscope-bundle-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the bundle', () => {
  it('comes with compiled code that this V8 takes', () => {
    const script = new Script(readFileSync(BUNDLE, 'utf8'), {
      filename: BUNDLE,
      cachedData: readFileSync(`${BUNDLE}.cache`),
    });
    expect(script.cachedDataRejected).toBe(false);
  });

  it('needs no package beside it, nor its compiled code', async () => {
    for (const part of ['bin', 'package.json'])
      cpSync(join(ROOT, part), join(folder, part), { recursive: true });
    cpSync(BUNDLE, join(folder, 'dist/bundle/psyncscope.cjs'));
    const run = (args: string[]) =>
      execFileSync(process.execPath, [join(folder, 'bin/psyncscope.js'), ...args], { encoding: 'utf8' });
    const { stdout } = await runCli(['summary', '--json', CAPTURE]);
    expect(run(['summary', '--json', CAPTURE])).toBe(stdout);
    expect(run(['demo', 'tour', '--fast'])).toContain('2 sessions');
  });

  it('speaks English whatever the locale', async () => {
    const { stdout } = await runCli(['--help'], { env: { LANG: 'de_DE.UTF-8', LC_ALL: 'de_DE.UTF-8' } });
    expect(stdout).toBe((await runCli(['--help'])).stdout);
  });
});

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { runCli } from './testing/run-cli.js';

/** examples/fleet-duckdb as its README has it: the captures of fixtures/ in DuckDB. */

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const EXAMPLE = `${ROOT}examples/fleet-duckdb/`;
const folder = mkdtempSync(join(tmpdir(), 'psyncscope-duckdb-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface EventLine {
  event: string;
  decision?: string;
  why?: { code: string };
}

describe('examples/fleet-duckdb', () => {
  it('answers what its README shows', async () => {
    const { code, stdout, stderr } = await runCli(['replay', '--json', '--jobs', 'fixtures/captures'], {
      cwd: ROOT,
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const events = join(folder, 'events.ndjson');
    writeFileSync(events, stdout);
    const answer = execFileSync(process.execPath, ['resyncs.js', events], { cwd: EXAMPLE, encoding: 'utf8' });
    expect(answer).toBe(/```text\n([\s\S]*?)```/.exec(readFileSync(`${EXAMPLE}README.md`, 'utf8'))?.[1]);
    // The captures of 2020 are not of the last week.
    const resyncs = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as EventLine & { time: string })
      .filter(
        ({ event, decision, time }) =>
          event === 'sync.decided' && /SYNC$/.test(decision ?? '') && time > '2026',
      )
      .filter(({ why }) => !/^(first-contact|first-attach|dump-client)$/.test(why!.code));
    const counts = [...answer.matchAll(/^\S+ from \S+ (\d+) × /gm)].map(([, count]) => Number(count));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(resyncs.length);
  });

  it('asks for the DuckDB that was tried', () => {
    const versionIn = (path: string, key: string): string =>
      (JSON.parse(readFileSync(path, 'utf8')) as Record<string, Record<string, string>>)[key]![
        '@duckdb/node-api'
      ]!;
    expect(versionIn(`${EXAMPLE}package.json`, 'dependencies')).toBe(
      versionIn(`${ROOT}package.json`, 'devDependencies'),
    );
  });
});

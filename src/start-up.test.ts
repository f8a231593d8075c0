import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { fixture } from './testing/fixtures.js';

/** What is loaded only by those who need it: the built modules, told by Node's own loader. */

const DIST = new URL('../dist/', import.meta.url);
const CAPTURE = fixture('fullsync-diskless-redis-6.0.20.pcap').path;
const folder = mkdtempSync(join(tmpdir(), 'psyncscope-start-up-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const HOOK = `
import { writeSync } from 'node:fs';
export async function resolve(specifier, context, next) {
  const found = await next(specifier, context);
  const name = /node_modules\\/((?:@[^/]+\\/)?[^/]+)\\//.exec(found.url);
  if (name !== null) writeSync(2, 'loads ' + name[1] + '\\n');
  return found;
}`;
writeFileSync(join(folder, 'hook.mjs'), HOOK);

/** Packages that a program loads. */
function loads(program: string): Set<string> {
  const path = join(folder, 'run.mjs');
  const hook = pathToFileURL(join(folder, 'hook.mjs')).href;
  writeFileSync(
    path,
    `import { register } from 'node:module';\nregister(${JSON.stringify(hook)});\n${program}\n`,
  );
  const { stderr: told } = spawnSync(process.execPath, [path], { encoding: 'utf8' });
  return new Set([...told.matchAll(/^loads (.+)$/gm)].map(([, name]) => name!));
}

const command = (...args: string[]): Set<string> =>
  loads(
    `const { main } = await import(${JSON.stringify(new URL('cli/main.js', DIST).href)});\nawait main(${JSON.stringify(args)});`,
  );

/** The parsers and the evaluator of assertions. */
const OF_CHECK = ['zod', 'yaml', '@marcbachmann/cel-js', 'tinyglobby'];

const ofCheck = (names: Set<string>): string[] => OF_CHECK.filter((name) => names.has(name));

describe('the parsers of assertions', () => {
  it('are loaded by check', () => {
    expect(ofCheck(command('check', CAPTURE, '--no-gaps'))).toEqual(OF_CHECK);
  });

  const OTHERS = [
    ['--version'],
    ['--help'],
    ['summary', CAPTURE],
    ['replay', CAPTURE],
    ['findings', CAPTURE],
    ['sniff', '-i', 'no-such-interface'],
  ];
  for (const args of OTHERS)
    it(`are not by ${args[0]}`, () => {
      expect(ofCheck(command(...args))).toEqual([]);
    });

  it('are not by the library, until something is checked', () => {
    const library = JSON.stringify(new URL('index.js', DIST).href);
    expect(ofCheck(loads(`await import(${library});`))).toEqual([]);
    const checks = `const { check } = await import(${library});\nawait check(${JSON.stringify(CAPTURE)}, { limits: { noGaps: true } });`;
    expect(ofCheck(loads(checks))).toEqual(OF_CHECK);
  });
});

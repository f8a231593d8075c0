import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { RULES } from '../../analysis/findings/rules.js';
import { WORDED_CODES } from './wording.js';

/** Each code has a rule, words, a page, a line in the table of pages, and tests. */

const text = (path: string): string => readFileSync(fileURLToPath(new URL(path, import.meta.url)), 'utf8');

const CODES = RULES.map(({ code }) => code);
const PAGES = fileURLToPath(new URL('../../../docs/findings/', import.meta.url));
const RULES_FOLDER = fileURLToPath(new URL('../../analysis/findings/', import.meta.url));
const TESTS = readdirSync(RULES_FOLDER)
  .filter((name) => name.endsWith('.test.ts'))
  .map((name) => readFileSync(RULES_FOLDER + name, 'utf8'))
  .join('\n');

describe('codes of findings', () => {
  it('are each of one rule, and have words', () => {
    expect(new Set(CODES).size).toBe(CODES.length);
    expect([...WORDED_CODES].sort()).toEqual([...CODES].sort());
  });

  it('have a page each, and there is no page without one', () => {
    const pages = readdirSync(PAGES).filter((name) => name !== 'README.md');
    expect(pages.sort()).toEqual(CODES.map((code) => `${code}.md`).sort());
  });

  it.each(CODES)('%s has all parts of a page, a line in the table, and tests', (code) => {
    const page = text(`../../../docs/findings/${code}.md`);
    expect(page.startsWith(`# ${code}\n`)).toBe(true);
    for (const part of [
      'Severity: ',
      '## What it means',
      '## How it is recognised',
      '## What to do',
      '## When it is not told',
      '## Example',
      `<!-- output: findings `,
    ])
      expect(page, part).toContain(part);
    expect(text('../../../docs/findings/README.md')).toContain(`| [${code}](${code}.md) |`);
    expect(TESTS).toContain(`describe('${code}', () => {`);
  });
});

import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const SOURCE = fileURLToPath(new URL('..', import.meta.url));

/** `export const MAX_CHAIN = 64;` on one line. */
const CONSTANT = /^export const ([A-Z][A-Z0-9_]+)(?:: number)? = (.+);$/gm;

/** The table of docs/limits.md: constants that are exported from files named limits.ts, and all that are named MAX_…, with their values. */
export function limitTable(): string {
  const lines = ['| constant | value | file |', '| --- | --- | --- |'];
  for (const file of readdirSync(SOURCE, { recursive: true, encoding: 'utf8' }).sort()) {
    if (!file.endsWith('.ts') || file.endsWith('.test.ts') || file.startsWith('testing/')) continue;
    for (const [, name, value] of readFileSync(SOURCE + file, 'utf8').matchAll(CONSTANT))
      if (name!.startsWith('MAX_') || file.endsWith('/limits.ts'))
        lines.push(`| \`${name}\` | \`${value}\` | \`${file}\` |`);
  }
  return `${lines.join('\n')}\n`;
}

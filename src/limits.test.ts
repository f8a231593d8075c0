import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { DEFAULT_TCP_LIMITS } from './tcp/limits.js';
import { limitTable } from './testing/limit-constants.js';

const DOC = fileURLToPath(new URL('../docs/limits.md', import.meta.url));
const HEAD = '## Every constant\n\n';

it('docs/limits.md names every limit with its value (RENEW_LIMITS=1 writes them)', () => {
  const text = readFileSync(DOC, 'utf8');
  const table = text.indexOf(HEAD) + HEAD.length;
  if (process.env.RENEW_LIMITS === '1') writeFileSync(DOC, text.slice(0, table) + limitTable());
  expect(readFileSync(DOC, 'utf8').slice(table)).toBe(limitTable());
  for (const limit of Object.keys(DEFAULT_TCP_LIMITS)) expect(text).toContain(limit);
});

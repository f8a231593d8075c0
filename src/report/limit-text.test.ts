import { expect, it } from 'vitest';
import { sampleDocument } from '../testing/sample-document.js';
import { limitText } from './limit-text.js';
import { notesOf } from './notes.js';

it('a limit that was reached is told with what was lost, and not where none was', () => {
  const limits = [{ limit: 'command-names', most: 2048, times: 5 } as const];
  const text = 'limit reached: 2,048 different command names: 5 commands counted as (other)';
  expect(limits.map(limitText)).toEqual([text]);
  const document = sampleDocument();
  expect(notesOf({ ...document, limits }).map((note) => note.text)).toContain(text);
  expect(notesOf(document).some((note) => note.text.startsWith('limit reached'))).toBe(false);
});

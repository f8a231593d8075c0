import { Chalk } from 'chalk';
import { describe, expect, it } from 'vitest';
import { analyze } from './index.js';
import type { TextOptions } from './report/options.js';
import { summaryTable } from './report/table.js';
import { timelineText } from './report/timeline.js';
import { displayWidth } from './report/width.js';
import { replicationFixtures } from './testing/fixtures.js';

/** Texts of every recorded capture keep to the columns they are given. */

const WIDTHS = [60, 80, 100, 120, 200];

describe('summary and timeline', () => {
  for (const { name, path } of replicationFixtures())
    it(name, async () => {
      const document = await analyze(path);
      for (const width of WIDTHS) {
        const options: TextOptions = { width, chalk: new Chalk({ level: 0 }), ascii: false, zone: 'utc' };
        for (const text of [
          summaryTable(document, options),
          timelineText(document, { ...options, all: true }),
        ]) {
          const wide = text.split('\n').filter((line) => displayWidth(line) > width);
          expect(wide, `${width} columns`).toEqual([]);
          expect(text).not.toMatch(/undefined|NaN|\[object/);
        }
      }
    });
});

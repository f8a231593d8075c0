import { expect, it } from 'vitest';
import { nearest } from './nearest.js';

const NAMES = ['failover', 'failover-command', 'backlog-miss', 'tour'];

it.each([
  ['failovr', 'failover'],
  ['fialover', 'failover'],
  ['backlog', 'backlog-miss'],
  ['backlogmiss', 'backlog-miss'],
  ['toru', 'tour'],
  ['xyz', null],
  ['', null],
  ['x'.repeat(100_000), null],
])('%.20s: %s', (word, name) => {
  expect(nearest(word, NAMES)).toBe(name);
});

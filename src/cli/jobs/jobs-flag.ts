import { availableParallelism } from 'node:os';
import { UsageError } from '../errors.js';

/** Captures read beside each other at most: each takes a process of its own, of some 85 MB. */
export const MAX_JOBS = 256;

/** As many as there are processors. */
const AUTOMATIC = 'auto';

/** What was typed of `--jobs`. */
export interface JobsArguments {
  jobs: string | undefined;
}

export const JOBS_OPTION = {
  type: 'string',
  nargs: 1,
  describe:
    'With --json: each capture, or each one in a folder, by itself, so many at once; as many as there are processors when no number follows',
} as const;

/**
 * The words of a command line, in which a `--jobs` without a number has its value: yargs would take the file behind it for one.
 * @param own so many of the words are ours; behind them stands somebody else's command.
 */
export function completeJobs(words: readonly string[], own: number): string[] {
  const isBare = (word: string, index: number): boolean =>
    word === '--jobs' && index < own && !/^-?[\d.]+$|^auto$/.test(words[index + 1] ?? '');
  return words.map((word, index) => (isBare(word, index) ? `--jobs=${AUTOMATIC}` : word));
}

/** How many captures are read at once. @throws UsageError */
export function typedJobs(text: string): number {
  if (text === AUTOMATIC) return availableParallelism();
  const jobs = /^\d+$/.test(text) ? Number(text) : 0;
  if (jobs < 1 || jobs > MAX_JOBS)
    throw new UsageError(`--jobs: a number from 1 to ${MAX_JOBS} is required: ${text}`);
  return jobs;
}

import { plural } from '../../report/units.js';
import { UsageError } from '../errors.js';
import { onOutputClosed } from '../output.js';
import { batchesOf } from './batches.js';
import { expandFolders } from './capture-folder.js';
import { type ReadCapture, readInTurn } from './in-turn.js';
import { typedJobs } from './jobs-flag.js';
import { flagWords } from './own-words.js';
import { Readers } from './readers.js';

/** `--jobs`: captures that have nothing to do with each other, each a run of its own, several at once in processes of ours. */

/** Exit codes of docs/output.md: a capture could not be read; ended by a second Ctrl-C. */
const EXIT_INPUT = 3;
const EXIT_INTERRUPTED = 130;

export interface JobsInput {
  /** The command that runs, for the processes. */
  readonly command: string;
  /** All that was typed. */
  readonly args: { readonly jobs: string | undefined };
  /** Captures, and folders of them. */
  readonly paths: readonly string[];
  /** One JSON document a line goes to standard output. */
  readonly isJson: boolean;
  /** Flags that write elsewhere, with what was typed of them: there is one such place, and several captures. */
  readonly elsewhere: Readonly<Record<string, unknown>>;
}

/**
 * Reads each capture by itself; the exit code is set when one could not be read.
 * @param read does so in this process: where one at a time is asked for, or they are too few and small for processes.
 * @throws UsageError, and InputProblem for a folder that holds none.
 */
export async function readApart(input: JobsInput, read: ReadCapture): Promise<void> {
  const jobs = checkJobs(input);
  const captures = expandFolders(input.paths);
  const batches = jobs === 1 ? [captures] : batchesOf(captures, jobs);
  const words = [input.command, '--jobs=1', ...flagWords(input.args)];
  const { allRead, left } =
    batches.length === 1 ? await readInTurn(captures, read) : await readBeside(batches, jobs, words);
  if (left > 0) process.stderr.write(`psyncscope: interrupted: ${plural(left, 'capture')} not begun\n`);
  if (!allRead) process.exitCode = EXIT_INPUT;
}

/** @returns how many are read at once. @throws UsageError */
function checkJobs({ args, paths, isJson, elsewhere }: JobsInput): number {
  const jobs = typedJobs(args.jobs ?? '');
  if (!isJson) throw new UsageError('--jobs needs --json: its lines say which capture they are of');
  for (const [flag, value] of Object.entries(elsewhere))
    if (value !== undefined) throw new UsageError(`--jobs reads each capture by itself: leave out --${flag}`);
  if (paths.includes('-')) throw new UsageError('--jobs reads files and folders: - is neither');
  return jobs;
}

/** Reads batches of captures in processes, `jobs` of them at a time. */
async function readBeside(
  batches: readonly string[][],
  jobs: number,
  words: readonly string[],
): Promise<{ allRead: boolean; left: number }> {
  const readers = new Readers(words);
  let isInterrupted = false;
  const interrupt = (): void => {
    readers.stop(isInterrupted ? 'SIGKILL' : 'SIGINT');
    if (isInterrupted) process.exit(EXIT_INTERRUPTED);
    isInterrupted = true;
  };
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  onOutputClosed(() => readers.stop('SIGTERM'));
  const waiting = [...batches];
  let allRead = true;
  const work = async (): Promise<void> => {
    for (let batch = next(); batch !== undefined; batch = next())
      if (!(await readers.read(batch))) allRead = false;
  };
  const next = (): string[] | undefined => (readers.stopped ? undefined : waiting.shift());
  await Promise.all(Array.from({ length: Math.min(jobs, batches.length) }, work));
  process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  return { allRead, left: isInterrupted ? waiting.flat().length : 0 };
}

import { readFileSync } from 'node:fs';
import yargs, { type Argv } from 'yargs';
import { UsageError } from './errors.js';
import {
  declareRdb,
  declareReplay,
  declareSummary,
  declareTimeline,
  type RdbArguments,
  type ReplayArguments,
  STANDARD_INPUT_TOKEN,
  type SummaryArguments,
  type TimelineArguments,
} from './flags.js';
import { outputWidth } from './output.js';

/** Columns of the help text at most, so that it stays readable on wide terminals. */
const HELP_WIDTH = 100;

/** The command line: commands, their flags and help. Parsing runs the command. */
export function buildParser(args: string[]): Argv {
  const parser = yargs(args.map((word) => (word === '-' ? STANDARD_INPUT_TOKEN : word)));
  return (
    parser
      .scriptName('psyncscope')
      .usage(
        '$0 <command> [options] FILE...\n\nTells what the replication links of Redis and Valkey servers are doing, from captured packets.',
      )
      // Each command brings its own code when it runs: --help and --version do not wait for the analyzer.
      .command<ReplayArguments>(
        'replay [files..]',
        'Print what happens on the links, as it happens',
        declareReplay,
        async (typed) => (await import('./replay.js')).replay(typed),
      )
      .command<TimelineArguments>(
        'timeline [files..]',
        'Tell the story of each link: sessions, decisions, payloads, lag',
        declareTimeline,
        async (typed) => (await import('./timeline.js')).timeline(typed),
      )
      .command<SummaryArguments>(
        'summary [files..]',
        'Print the table of links, or the summary document with --json',
        declareSummary,
        async (typed) => (await import('./summary.js')).summary(typed),
      )
      .command<RdbArguments>(
        'rdb [files..]',
        'Tell what the payloads (or RDB files) hold, list their keys, save them',
        declareRdb,
        async (typed) => (await import('./rdb.js')).rdb(typed),
      )
      .completion('completion', 'Print a completion script for the shell (bash or zsh)')
      .demandCommand(1, 'which command?')
      .recommendCommands()
      .strict()
      .version(version())
      .alias('version', 'V')
      .alias('help', 'h')
      .wrap(Math.min(HELP_WIDTH, outputWidth()))
      .epilogue('Exit codes: 0 done, 2 wrong usage, 3 the input cannot be read.')
      .exitProcess(false)
      .fail((message, error) => {
        // yargs' own complaints come as a message, or (a flag without its value) as an error of this name.
        const own = error === undefined || error === null || error.name === 'YError';
        throw own ? new UsageError(`${message ?? error.message} (see psyncscope --help)`) : error;
      })
  );
}

/** The version in package.json. */
export function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

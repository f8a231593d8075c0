import yargs, { type Argv } from 'yargs';
import { type CheckArguments, declareCheck } from './check-flags.js';
import { UsageError } from './errors.js';
import { declareFindings, type FindingsArguments } from './findings-flags.js';
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
import { completeJobs } from './jobs/jobs-flag.js';
import {
  type DemoArguments,
  declareDemo,
  declareInterfaces,
  type InterfacesArguments,
} from './other-flags.js';
import { outputWidth } from './output.js';
import { declareRates, type RatesArguments } from './rates-flags.js';
import { declareReport, type ReportArguments } from './report-flags.js';
import { declareScrub, type ScrubArguments } from './scrub-flags.js';
import { declareSniff, type SniffArguments } from './sniff/flags.js';
import { declareTopology, type TopologyArguments } from './topology-flags.js';
import { version } from './version.js';

/** Columns of the help text at most, so that it stays readable on wide terminals. */
const HELP_WIDTH = 100;

/** The command line: commands, their flags and help. Parsing runs the command. */
export function buildParser(args: string[]): Argv {
  // Behind -- stands somebody else's command.
  const own = args.includes('--') ? args.indexOf('--') : args.length;
  if (own === args.length - 1) throw new UsageError('no command behind --');
  const words = args.map((word, index) => (word === '-' && index < own ? STANDARD_INPUT_TOKEN : word));
  const parser = yargs(completeJobs(words, own));
  keepNoHelp(parser);
  return (
    parser
      .scriptName('psyncscope')
      // Our own words are English: half a help text in another language helps nobody.
      .locale('en')
      .usage(
        '$0 <command> [options] FILE...\n\nTells what the replication links of Redis and Valkey servers are doing, from captured packets.',
      )
      // Each command brings its own code when it runs: --help and --version do not wait for the analyzer.
      .command<SniffArguments>(
        'sniff',
        'Capture, and print what happens on the links as it happens',
        declareSniff,
        async (typed) => (await import('./sniff/sniff.js')).sniff(typed),
      )
      .command<InterfacesArguments>(
        'interfaces',
        'List the interfaces, and whether this user may capture on them',
        declareInterfaces,
        async (typed) => (await import('./interfaces.js')).interfaces(typed),
      )
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
      .command<FindingsArguments>(
        'findings [files..]',
        'Tell what is wrong with the links, why, and what to do',
        declareFindings,
        async (typed) => (await import('./findings.js')).findings(typed),
      )
      .command<CheckArguments>(
        'check [files..]',
        'Check assertions on captures, for CI',
        declareCheck,
        async (typed) => (await import('./check.js')).check(typed),
      )
      .command<RatesArguments>(
        'rates [files..]',
        'Tell how much each link carries: rates, and shares by command, database or key prefix',
        declareRates,
        async (typed) => (await import('./rates.js')).rates(typed),
      )
      .command<RdbArguments>(
        'rdb [files..]',
        'Tell what the payloads (or RDB files) hold, list their keys, save them',
        declareRdb,
        async (typed) => (await import('./rdb.js')).rdb(typed),
      )
      .command<TopologyArguments>(
        'topology [files..]',
        'Show who replicates from whom, and how that came about',
        declareTopology,
        async (typed) => (await import('./topology.js')).topology(typed),
      )
      .command<ReportArguments>(
        'report [files..]',
        'Write one HTML page: what happened, why, and a picture of it over time',
        declareReport,
        async (typed) => (await import('./report.js')).report(typed),
      )
      .command<ScrubArguments>(
        'scrub <input> <output>',
        'Write a capture anew without passwords, and if asked without keys and values',
        declareScrub,
        async (typed) => (await import('./scrub.js')).scrub(typed),
      )
      .command<DemoArguments>(
        'demo [scenario]',
        'Let servers of our own play a story of replication, and tell what their packets show',
        declareDemo,
        async (typed) => (await import('./demo.js')).demo(typed),
      )
      .completion('completion', 'Print a completion script for the shell (bash or zsh)')
      .middleware(refuseRepeated)
      .demandCommand(1, 'which command?')
      .recommendCommands()
      .strict()
      .version(version())
      .alias('version', 'V')
      .alias('help', 'h')
      .wrap(Math.min(HELP_WIDTH, outputWidth()))
      .epilogue(
        'Exit codes: 0 done, 1 found (check, findings --fail-on), 2 wrong usage, 3 the input cannot be read.',
      )
      .exitProcess(false)
      .fail((message, error) => {
        // yargs' own complaints come as a message, or (a flag without its value) as an error of this name.
        const own = error === undefined || error === null || error.name === 'YError';
        throw own ? new UsageError(`${message ?? error.message} (see psyncscope --help)`) : error;
      })
  );
}

/**
 * yargs lays out the help of each command that it runs, for callers that ask for it afterwards. Nobody does here, and it takes longer than to
 * analyse a small capture.
 */
function keepNoHelp(parser: Argv): void {
  const { getInternalMethods } = parser as unknown as YargsInside;
  const usage = getInternalMethods?.call(parser).getUsageInstance?.();
  if (usage?.cacheHelpMessage !== undefined) usage.cacheHelpMessage = () => {};
}

/** What yargs 18 has inside; another version may have it elsewhere, and then lays out its help. */
interface YargsInside {
  getInternalMethods?(): { getUsageInstance?(): { cacheHelpMessage?: () => void } };
}

/** Flags that may be given several times, and positional arguments. */
const REPEATABLE = new Set([
  ...['_', '--', 'files', 'read', 'port', 'host', 'link', 'match', 'type', 'db'],
  ...['assertions', 'expr', 'reporter', 'tolerance', 'check', 'ssh-option', 'sshOption'],
]);

/** yargs makes a list of a flag that is given twice. @throws UsageError where one value is wanted. */
function refuseRepeated(typed: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(typed))
    if (Array.isArray(value) && name.length > 1 && !REPEATABLE.has(name))
      throw new UsageError(`--${name} is given more than once`);
}

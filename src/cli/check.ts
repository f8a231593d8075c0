import type { Analyzer } from '../analyzer.js';
import { CaptureError } from '../capture/types.js';
import type { Assertion } from '../check/assertion.js';
import { compareWithBaseline } from '../check/baseline.js';
import { Checker } from '../check/checker.js';
import { closerCommand } from '../check/closer.js';
import { starterFile } from '../check/init.js';
import { isGlob, matchCaptures } from '../check/load.js';
import { checkReport, noMatch, unreadable } from '../check/report.js';
import type { SubjectDocument } from '../report/check/check-document.js';
import type { CheckArguments } from './check-flags.js';
import { type Baseline, failOn, loadBaseline, loadTyped, typedLimits } from './check-plan.js';
import { chooseReporters, writeReports } from './check-reporters.js';
import { InputProblem, UsageError } from './errors.js';
import { STANDARD_INPUT_TOKEN } from './flags.js';
import { Output } from './output.js';
import { runCaptures } from './run.js';
import { type CaptureSelection, selectCaptures, textOptions } from './selection.js';
import { typedThresholds } from './threshold-flags.js';

/** Exit codes of docs/output.md: an assertion failed, or there was nothing to check; a capture could not be read. */
const EXIT_FAILED = 1;
const EXIT_INPUT = 3;

/** `psyncscope check`: assertions on captures. */
export async function check(args: CheckArguments): Promise<void> {
  const { files, captures } = sorted(args);
  if (args.init) return init(args, captures);
  const reporters = chooseReporters(args.reporter ?? [], args.json);
  const baseline = loadBaseline(args);
  const { assertions, captures: ofFiles } = await loadTyped({
    files,
    expressions: args.expr,
    limits: typedLimits(args),
  });
  if (assertions.length === 0 && baseline === null)
    throw new UsageError(
      'nothing is asserted: give an assertion file, -e, or a flag such as --max-full-resyncs 1 (--init writes a file to begin with)',
    );
  const { subjects, paths } = await findSubjects(captures.length > 0 ? captures : ofFiles, args.merge);
  if (captures.length === 0 && ofFiles.length === 0)
    throw new UsageError('no capture named: give a file, or "captures" in the assertion file');
  if (baseline !== null && paths.length > 1)
    throw new UsageError(`--baseline is compared with one capture, not ${paths.length}`);
  for (const each of paths) subjects.push(await checkOne(each, args, assertions, baseline));
  const report = checkReport(subjects, failOn(args));
  const output = new Output();
  try {
    writeReports(report, reporters, textOptions(args), (text) => output.line(text));
  } finally {
    // What people are shown does not depend on a file that could not be written.
    output.flush();
  }
  if (report.counts.errors > 0) process.exitCode = EXIT_INPUT;
  else if (!report.passed) process.exitCode = EXIT_FAILED;
}

/** Assertion files are told from captures by their names. */
function sorted(args: CheckArguments): { files: string[]; captures: string[] } {
  const typed = args.files ?? [];
  const isFile = (path: string): boolean => /\.ya?ml$/i.test(path);
  const captures = [...typed.filter((path) => !isFile(path)), ...(args.read ?? [])];
  return {
    files: [...(args.assertions ?? []), ...typed.filter(isFile)],
    captures: captures.map((path) => (path === STANDARD_INPUT_TOKEN ? '-' : path)),
  };
}

/** What is to be checked: groups of paths, and what fails already since a glob matched nothing. */
async function findSubjects(
  patterns: readonly string[],
  merge: boolean,
): Promise<{ subjects: SubjectDocument[]; paths: string[][] }> {
  const subjects: SubjectDocument[] = [];
  const paths: string[] = [];
  for (const pattern of patterns) {
    // A name that is there not is told by who opens it.
    const found = isGlob(pattern) ? await matchCaptures(pattern) : [pattern];
    if (found.length === 0) subjects.push(noMatch(pattern));
    paths.push(...found);
  }
  const distinct = [...new Set(paths)];
  if (merge) return { subjects, paths: distinct.length === 0 ? [] : [distinct] };
  return { subjects, paths: distinct.map((path) => [path]) };
}

async function checkOne(
  paths: string[],
  args: CheckArguments,
  assertions: readonly Assertion[],
  baseline: Baseline | null,
): Promise<SubjectDocument> {
  const selection = selectionOf(args, paths);
  const name = paths.join(' ');
  const zone = args.local ? 'local' : 'utc';
  let analyzer: Analyzer | null = null;
  const checker = new Checker(assertions, { zone, startedAt: () => analyzer?.firstTime ?? null });
  const { onEvent } = checker;
  const { keepLink } = selection.filter;
  let subject: SubjectDocument | null = null;
  let isInterrupted = false;
  const interrupt = (): void => {
    isInterrupted = true;
  };
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  try {
    await runCaptures(
      selection,
      {
        onAnalyzer: (made) => {
          analyzer = made;
        },
        analyzer: {
          onEvent:
            onEvent === undefined
              ? undefined
              : (event) => {
                  if (event.event === 'encrypted' ? keepLink === undefined : (keepLink?.(event.link) ?? true))
                    onEvent(event);
                },
          commands: checker.wantsCommands,
          thresholds: typedThresholds(args),
        },
      },
      (document) => {
        const command = closerCommand(paths);
        subject = checker.finish(document, name, command);
        if (baseline === null) return;
        const worse = compareWithBaseline(
          baseline.document,
          { document, zone, command },
          baseline.tolerances,
        );
        subject.results.push(...worse);
      },
    );
  } catch (error) {
    if (!(error instanceof CaptureError || error instanceof InputProblem)) throw error;
    return unreadable(name, error.message);
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
  // A verdict on a part of the capture would be none.
  return isInterrupted || subject === null ? unreadable(name, 'interrupted') : subject;
}

function selectionOf(args: CheckArguments, paths: string[]): CaptureSelection {
  return selectCaptures({ ...args, files: paths, read: undefined });
}

/** `--init`: a starter file on standard output. */
async function init(args: CheckArguments, captures: string[]): Promise<void> {
  const output = new Output();
  let links = 0;
  await runCaptures(
    selectionOf(args, captures),
    { analyzer: { biggestKeys: 0, thresholds: typedThresholds(args) } },
    (document) => {
      links = document.links.length;
      if (links > 0) output.line(starterFile(document, captures).trimEnd());
    },
  );
  output.flush();
  if (links > 0) return;
  process.stderr.write('psyncscope: no replication link in the capture: nothing to assert\n');
  process.exitCode = EXIT_FAILED;
}

import { writeFileSync } from 'node:fs';
import { Chalk } from 'chalk';
import type { CheckReport } from '../report/check/check-document.js';
import { githubReport } from '../report/check/github.js';
import { humanReport } from '../report/check/human.js';
import { junitReport } from '../report/check/junit.js';
import { tapReport } from '../report/check/tap.js';
import { safeJson } from '../report/json.js';
import type { TextOptions } from '../report/options.js';
import { InputProblem, UsageError } from './errors.js';

const REPORTERS: Record<string, (report: CheckReport, options: TextOptions) => string> = {
  human: humanReport,
  junit: (report, { zone }) => junitReport(report, zone),
  tap: (report, { zone }) => tapReport(report, zone),
  github: (report, { zone }) => githubReport(report, zone),
  json: (report) => safeJson(report, 2),
};

/** A reporter, and the file it writes to; null: standard output. */
export interface ReporterChoice {
  readonly name: string;
  readonly file: string | null;
}

/**
 * Reporters as typed: `human`, `junit=out.xml`. When all of them write to files, people get to see one as well.
 * @throws UsageError
 */
export function chooseReporters(typed: readonly string[], json: boolean): ReporterChoice[] {
  const choices = [...typed, ...(json ? ['json'] : [])].map((text) => {
    const equals = text.indexOf('=');
    const name = equals === -1 ? text : text.slice(0, equals);
    const file = equals === -1 ? null : text.slice(equals + 1);
    if (!Object.hasOwn(REPORTERS, name))
      throw new UsageError(
        `--reporter: no such reporter: ${name}; there are: ${Object.keys(REPORTERS).join(', ')}`,
      );
    if (file === '') throw new UsageError(`--reporter ${text}: name the file, or leave out the =`);
    return { name, file };
  });
  const shown = choices.filter(({ file }) => file === null);
  if (shown.length > 1)
    throw new UsageError(
      `--reporter: ${shown.map(({ name }) => name).join(' and ')} would both go to standard output: give one a file, as in ${shown[0]!.name}=FILE`,
    );
  return shown.length === 0 ? [...choices, { name: 'human', file: null }] : choices;
}

/** Writes the report with each of the reporters. @throws InputProblem when a file cannot be written. */
export function writeReports(
  report: CheckReport,
  choices: readonly ReporterChoice[],
  options: TextOptions,
  show: (text: string) => void,
): void {
  const problems: string[] = [];
  for (const { name, file } of choices) {
    const plain = file === null ? options : { ...options, chalk: new Chalk({ level: 0 }) };
    const text = REPORTERS[name]!(report, plain);
    if (file === null) show(text);
    else
      try {
        writeFileSync(file, `${text}\n`);
      } catch (error) {
        problems.push(`${file}: cannot be written: ${(error as Error).message}`);
      }
  }
  if (problems.length > 0) throw new InputProblem(problems.join('\n'));
}

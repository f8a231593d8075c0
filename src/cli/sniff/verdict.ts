import type { Analyzer } from '../../analyzer.js';
import type { Assertion } from '../../check/assertion.js';
import { Checker } from '../../check/checker.js';
import { closerCommand } from '../../check/closer.js';
import { checkReport } from '../../check/report.js';
import type { ReplicationEvent } from '../../replication/events.js';
import type { SummaryDocument } from '../../report/document.js';
import { loadTyped } from '../check-plan.js';
import { chooseReporters, type ReporterChoice, writeReports } from '../check-reporters.js';
import { UsageError } from '../errors.js';
import { textOptions } from '../selection.js';
import type { SniffArguments } from './flags.js';

/** `--check`: assertions on what is captured, evaluated when it ends. */
export interface Verdict {
  /** For the analyzer's `onEvent`; undefined when no assertion is about events. */
  readonly onEvent: ((event: ReplicationEvent) => void) | undefined;
  readonly wantsCommands: boolean;
  /** To be called before the first packet: assertions may count from the beginning. */
  follow(analyzer: Analyzer): void;
  /**
   * Evaluates and prints with `show`.
   * @param recorded Files that hold what was captured.
   * @returns whether everything held. @throws InputProblem when a report cannot be written.
   */
  give(document: SummaryDocument, recorded: readonly string[], show: (text: string) => void): boolean;
}

/** @returns null without --check. @throws UsageError, InputProblem */
export async function loadVerdict(args: SniffArguments): Promise<Verdict | null> {
  const reporters = chooseReporters(args.reporter ?? [], false);
  if (args.check === undefined) {
    if (args.reporter !== undefined) throw new UsageError('--reporter goes with --check');
    return null;
  }
  const { assertions } = await loadTyped({ files: args.check });
  return new Evaluation(args, assertions, reporters);
}

class Evaluation implements Verdict {
  readonly #args: SniffArguments;
  readonly #reporters: readonly ReporterChoice[];
  readonly #checker: Checker;
  #analyzer: Analyzer | null = null;

  constructor(args: SniffArguments, assertions: readonly Assertion[], reporters: readonly ReporterChoice[]) {
    this.#args = args;
    this.#reporters = reporters;
    this.#checker = new Checker(assertions, {
      zone: args.local ? 'local' : 'utc',
      startedAt: () => this.#analyzer?.firstTime ?? null,
    });
  }

  get onEvent(): ((event: ReplicationEvent) => void) | undefined {
    return this.#checker.onEvent;
  }

  get wantsCommands(): boolean {
    return this.#checker.wantsCommands;
  }

  follow(analyzer: Analyzer): void {
    this.#analyzer = analyzer;
  }

  give(document: SummaryDocument, recorded: readonly string[], show: (text: string) => void): boolean {
    const command = this.#args['--'];
    const name = command === undefined ? 'the capture' : command.join(' ');
    const subject = this.#checker.finish(document, name, closerCommand(recorded));
    const report = checkReport([subject], 'error');
    writeReports(report, this.#reporters, textOptions(this.#args), show);
    return report.passed;
  }
}

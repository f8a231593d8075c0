import { Analyzer } from '../../analyzer.js';
import type { ConnectionNews } from '../../capture/live/reconnecting.js';
import { RemoteClock } from '../../capture/live/remote-clock.js';
import type { LiveCapture, LiveEnd, LiveProblem } from '../../capture/live/types.js';
import type { CaptureFacts } from '../../capture/types.js';
import type { SummaryDocument } from '../../report/document.js';
import { LiveModel } from '../../report/live/model.js';
import { summaryTable } from '../../report/table.js';
import { plural } from '../../report/units.js';
import { InputProblem } from '../errors.js';
import { LineOutput } from '../live/line-output.js';
import { standardOutput } from '../live/text-sink.js';
import { canShowTop } from '../live/top-screen.js';
import type { OtlpFeed } from '../otlp/live.js';
import { startOtlp } from '../otlp/open.js';
import { onOutputClosed } from '../output.js';
import { ReportFeed } from '../report-feed.js';
import { textOptions } from '../selection.js';
import { sumUp } from './closing.js';
import { RunningCommand, signalCode } from './command.js';
import type { SniffArguments } from './flags.js';
import { Looks } from './looks.js';
import { type MetricsFeed, startMetrics } from './metrics-feed.js';
import { planSniff, type SniffPlan } from './plan.js';
import { connectionNews, sentence } from './problems.js';
import { Recorder } from './recorder.js';
import { onSignals } from './signals.js';
import { chooseSource, type Source } from './source.js';
import type { Verdict } from './verdict.js';
import { chooseView, type LiveView, quietView } from './views.js';

/** How often what is recorded is put on the disk, and sessions that are over are summed up, ms. */
const TICK_MS = 1000;

const MICROS_PER_MS = 1000;

/** `psyncscope sniff`: a live capture, told as it happens, and summed up at its end. */
export async function sniff(args: SniffArguments): Promise<void> {
  const plan = planSniff(args);
  const verdict = await verdictOf(args);
  await new Sniff(args, plan, await chooseSource(plan), verdict).run();
}

/** What --check needs is loaded only when it is asked for. @throws UsageError, InputProblem */
async function verdictOf(args: SniffArguments): Promise<Verdict | null> {
  if (args.check === undefined && args.reporter === undefined) return null;
  return (await import('./verdict.js')).loadVerdict(args);
}

class Sniff {
  readonly #args: SniffArguments;
  readonly #plan: SniffPlan;
  readonly #source: Source;
  readonly #clock: RemoteClock | null;
  readonly #sink = standardOutput();
  readonly #output = new LineOutput(this.#sink, (lines) =>
    this.#tell(
      `${plural(lines, 'line')} left out: whoever reads our output did not keep up, and packets do not wait (--summary FILE has all links)`,
    ),
  );
  readonly #model = new LiveModel();
  readonly #analyzer: Analyzer;
  readonly #looks: Looks;
  readonly #recorder: Recorder | null;
  readonly #verdict: Verdict | null;
  readonly #report: ReportFeed | null;
  readonly #timers: NodeJS.Timeout[] = [];
  #view: LiveView = quietView();
  #metrics: MetricsFeed | null = null;
  #otlp: OtlpFeed | null = null;
  #capture: LiveCapture | null = null;
  #command: RunningCommand | null = null;
  #stopSignal: NodeJS.Signals | null = null;
  #packetsLeft: number;
  #isStopping = false;

  constructor(args: SniffArguments, plan: SniffPlan, source: Source, verdict: Verdict | null) {
    this.#args = args;
    this.#plan = plan;
    this.#source = source;
    this.#clock = source.isRemote ? new RemoteClock() : null;
    this.#packetsLeft = plan.packets ?? Number.POSITIVE_INFINITY;
    const { keepLink } = plan;
    const report = args.report === undefined ? null : new ReportFeed(args.local ? 'local' : 'utc', keepLink);
    this.#report = report;
    this.#analyzer = new Analyzer({
      observer: report?.observer,
      ports: source.ports,
      hosts: plan.hosts,
      keepLink,
      thresholds: plan.thresholds,
      redact: plan.redact,
      commands: args.commands || verdict?.wantsCommands === true,
      onEvent: (event) => {
        const isWanted = event.event === 'encrypted' || keepLink === undefined || keepLink(event.link);
        if (!isWanted) return;
        this.#view.event?.(event);
        verdict?.onEvent?.(event);
        report?.event(event);
        this.#otlp?.event(event);
      },
    });
    this.#verdict = verdict;
    verdict?.follow(this.#analyzer);
    this.#looks = new Looks(this.#analyzer, () => this.#facts());
    this.#recorder = plan.record === null ? null : new Recorder(plan.record);
  }

  async run(): Promise<void> {
    const { by } = this.#source;
    const input = {
      look: () => this.#looks.at(this.#now()),
      internalErrors: () => this.#analyzer.internalErrors.length,
      interruptions: () => this.#source.interruptions(),
      now: () => this.#now() * MICROS_PER_MS,
    };
    this.#otlp = await startOtlp(this.#plan.otlp, {
      ...{ ...input, by },
      message: (text) => this.#view.message(`psyncscope: ${text}`),
      tell: (text) => this.#tell(text),
    });
    this.#metrics = await startMetrics(this.#plan.metrics, by, input);
    const off = onSignals({
      stop: (signal, again) => this.#signalled(signal, again),
      show: () => this.#showNow(),
    });
    onOutputClosed(() => this.#stop());
    const capture = this.#source.start({
      onPackets: (batch, from, to) => this.#packets(batch, from, to),
      onTrouble: (problem) => this.#trouble(problem),
      onNews: (news) => this.#news(news),
    });
    this.#capture = capture;
    let code = 0;
    try {
      if (await capture.ready) {
        this.#tell(`listening on ${this.#source.listening}`);
        if (this.#metrics !== null) this.#tell(`metrics at ${this.#metrics.url}`);
        code = await this.#whileItRuns(capture);
      } else if (this.#stopSignal !== null && this.#plan.command !== null) {
        this.#tell('stopped before the command was run');
        code = signalCode(this.#stopSignal);
      }
    } finally {
      for (const timer of this.#timers) clearInterval(timer);
      await this.#conclude(await capture.ended);
      off();
    }
    if (code !== 0) process.exitCode = code;
  }

  /** What comes after the capture. @throws InputProblem */
  async #conclude({ problem }: LiveEnd): Promise<void> {
    this.#view.end();
    await this.#metrics?.close();
    this.#analyzer.finish(this.#facts());
    const problems = sumUp(
      {
        args: this.#args,
        plan: this.#plan,
        source: this.#source,
        analyzer: this.#analyzer,
        document: this.#document(),
        output: this.#output,
        recorder: this.#recorder,
        report: this.#report,
        verdict: this.#verdict,
        tell: (text) => this.#tell(text),
      },
      problem,
    );
    // Files are written by now; a second signal ends the wait for a reader, and for a collector.
    await this.#output.end();
    await this.#otlp?.close(this.#analyzer.lastTime);
    if (problems.length > 0) throw new InputProblem(problems.join('\npsyncscope: '));
  }

  /** From when it captures until it is stopped. @returns the exit code of the command that was run; 0 without one. */
  async #whileItRuns(capture: LiveCapture): Promise<number> {
    this.#view = chooseView(this.#plan, this.#args, {
      output: this.#output,
      sink: this.#sink,
      title: `${this.#source.name}, ${this.#source.by}`,
      onQuit: () => this.#stop(),
    });
    if (this.#plan.view === 'top' && !canShowTop())
      this.#tell('--top needs a terminal: a line a second instead');
    this.#every(TICK_MS, () => this.#tick());
    const { every } = this.#view;
    if (every !== null) this.#every(every, () => this.#snapshot());
    const { durationMs, command } = this.#plan;
    if (durationMs !== null) this.#timers.push(setTimeout(() => this.#stop(), durationMs));
    let code = 0;
    if (command !== null) {
      this.#command = new RunningCommand(command);
      void capture.ended.then(
        () => this.#endedEarly(),
        () => {},
      );
      try {
        code = await this.#command.ended;
      } finally {
        this.#command = null;
        this.#stop();
      }
    }
    await capture.ended;
    return code;
  }

  #packets(batch: Parameters<Analyzer['run']>[0], from: number, to: number): boolean {
    const until = Math.min(to, from + this.#packetsLeft);
    this.#packetsLeft -= until - from;
    this.#clock?.arrived(batch.time[to - 1]!, Date.now());
    this.#analyzer.run(batch, from, until);
    const isRecorded = this.#recorder?.packets(batch, from, until) ?? true;
    this.#output.flush();
    return isRecorded && this.#packetsLeft > 0;
  }

  #trouble(problem: LiveProblem | null): void {
    const text = problem === null ? `${this.#source.name} is up again` : sentence(problem);
    this.#view.message(`psyncscope: ${text}`);
  }

  #news(news: ConnectionNews): void {
    this.#view.message(`psyncscope: ${connectionNews(this.#source.name, news)}`);
    // What comes over the next connection may be of another kind.
    this.#recorder?.newStream();
  }

  /** ms since the epoch, by the clock that packets bear the time of. */
  #now(): number {
    const now = Date.now();
    return this.#clock?.at(now) ?? now;
  }

  /** Once a second. */
  #tick(): void {
    if (this.#metrics !== null || this.#otlp !== null) this.#looks.at(this.#now());
    this.#otlp?.tick();
    // A member of a gzip file a second would be no compression.
    if (this.#plan.record?.path.endsWith('.gz') === false && this.#recorder?.flush() === false) this.#stop();
  }

  #snapshot(): void {
    const now = this.#now();
    this.#view.snapshot?.(this.#model.update(this.#looks.at(now), now * MICROS_PER_MS));
    this.#output.flush();
  }

  #facts(): CaptureFacts[] {
    return this.#capture === null ? [] : [this.#capture.facts];
  }

  #document(): SummaryDocument {
    return this.#analyzer.summary(this.#facts());
  }

  /** SIGUSR1: the table as of now, and on it goes. */
  #showNow(): void {
    if (this.#plan.view === 'top' && canShowTop()) return;
    const table = `${summaryTable(this.#document(), textOptions(this.#args))}\n`;
    if (this.#plan.view === 'json') process.stderr.write(table);
    else this.#output.last(table);
  }

  /** The first signal ends the command, where one runs, and otherwise the capture; a second one ends everything at once. */
  #signalled(signal: NodeJS.Signals, again: boolean): void {
    this.#stopSignal ??= signal;
    if (again) {
      this.#command?.kill();
      this.#view.end();
      process.exit(signalCode(signal));
    }
    if (this.#command === null) this.#stop();
    else this.#command.pass(signal);
  }

  #endedEarly(): void {
    if (this.#command !== null)
      this.#tell('the capture has ended; what the command does from now on is not seen');
  }

  #stop(): void {
    if (this.#isStopping) return;
    this.#isStopping = true;
    // What it is rejected with is told where its end is awaited.
    this.#capture?.stop().catch(() => {});
  }

  #tell(text: string): void {
    process.stderr.write(`psyncscope: ${text}\n`);
  }

  #every(ms: number, run: () => void): void {
    this.#timers.push(setInterval(run, ms));
  }
}

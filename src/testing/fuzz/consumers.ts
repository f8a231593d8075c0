import { Chalk } from 'chalk';
import type { Analyzer } from '../../analyzer.js';
import { Checker } from '../../check/checker.js';
import { closerCommand } from '../../check/closer.js';
import { commonAssertions } from '../../check/common.js';
import { compileFile } from '../../check/compile.js';
import { AssertionFileError } from '../../check/file/errors.js';
import { starterFile } from '../../check/init.js';
import { isLinkMeant } from '../../check/link-text.js';
import { checkReport } from '../../check/report.js';
import { ReportFeed } from '../../cli/report-feed.js';
import type { ReplicationEvent } from '../../replication/events.js';
import type { TrafficObserver } from '../../replication/observer.js';
import { githubReport } from '../../report/check/github.js';
import { humanReport } from '../../report/check/human.js';
import { junitReport } from '../../report/check/junit.js';
import { tapReport } from '../../report/check/tap.js';
import { Disguise } from '../../report/disguise.js';
import type { SummaryDocument } from '../../report/document.js';
import { eventLine } from '../../report/events.js';
import { reportPage } from '../../report/html/page.js';
import { safeJson } from '../../report/json.js';
import { LiveLinks } from '../../report/live/live-links.js';
import { Metrics } from '../../report/live/metrics.js';
import { LiveModel } from '../../report/live/model.js';
import { RecentEvents } from '../../report/live/recent-events.js';
import { StatLines } from '../../report/live/stat-lines.js';
import { INITIAL_TOP_STATE } from '../../report/live/top-state.js';
import { shownIds, topScreenLines } from '../../report/live/top-view.js';

/** What a consumer makes of a run: texts for people and the like, documents for programs. */
export interface Outputs {
  readonly texts: string[];
  readonly documents: string[];
}

/** Something that is told of a run while it runs, and makes outputs of it. */
export interface Consumer {
  readonly observer?: TrafficObserver;
  event(event: ReplicationEvent): void;
  /** At the end; promises are those of prom-client alone. */
  show(document: SummaryDocument, analyzer: Analyzer): Outputs | Promise<Outputs>;
}

const OPTIONS = { width: 100, chalk: new Chalk({ level: 0 }), ascii: false, zone: 'utc' } as const;
const SCREEN_ROWS = 24;
/** Views look this often, µs of packet time; and so many looks are taken of a capture at most. */
const LOOK_EVERY = 1_000_000;
const MOST_LOOKS = 20;

/** The HTML report. */
export class PageConsumer implements Consumer {
  readonly #feed = new ReportFeed('utc', undefined);
  readonly observer: TrafficObserver = this.#feed.observer;

  event(event: ReplicationEvent): void {
    this.#feed.event(event);
  }

  show(document: SummaryDocument, analyzer: Analyzer): Outputs {
    const model = this.#feed.model(document, analyzer);
    // Of the page's own code two words are enough: what comes from the wire must not add to its elements.
    const page = reportPage(model, { script: 'draw()', style: 'p{}' });
    if (page.split(/<script\b/i).length !== 3 || page.split(/<\/script/i).length !== 3)
      throw new Error('the page has another number of scripts');
    return { texts: [page], documents: [safeJson(model)] };
  }
}

const EVENT_ASSERTIONS = compileFile(
  'fuzz.yaml',
  `assertions:
  granted and paid:
    events: [{event: sync.decided, decision: FULLRESYNC}, {event: payload.finished}]
  commands follow:
    events: [{event: stream.command}]
`,
).assertions;
const ASSERTIONS = [
  ...commonAssertions({
    maxLagBytes: 1,
    maxLag: 1,
    maxFullResyncs: 0,
    maxReconnects: 0,
    maxSyncTime: 1,
    noGaps: true,
    requireOnline: true,
    noFindings: 'warning',
  }),
  ...EVENT_ASSERTIONS,
];

/** `check`, with assertions that mostly fail, and with those that --init would write of the capture. */
export class CheckConsumer implements Consumer {
  #startedAt: number | null = null;
  readonly #checker = new Checker(ASSERTIONS, { zone: 'utc', startedAt: () => this.#startedAt });

  event(event: ReplicationEvent): void {
    this.#startedAt ??= event.time;
    this.#checker.onEvent!(event);
  }

  show(document: SummaryDocument): Outputs {
    const command = closerCommand(document.capture.sources);
    const subject = this.#checker.finish(document, 'case.pcap', command);
    const report = checkReport([subject, ...this.#ownAssertions(document)], 'warning');
    const texts = [
      humanReport(report, OPTIONS),
      junitReport(report, 'utc'),
      tapReport(report, 'utc'),
      githubReport(report, 'utc'),
    ];
    return { texts, documents: [safeJson(report, 2)] };
  }

  /** What is written of a capture must be readable, and hold for it as far as it is about the summary. */
  #ownAssertions(document: SummaryDocument) {
    const ids = document.links.map(({ id }) => id);
    // An assertion is about all links whose ids contain a text: odd announced names can contain each other.
    const isAmbiguous = ids.some((id) => ids.filter((other) => isLinkMeant(other, id)).length > 1);
    if (ids.length === 0 || isAmbiguous) return [];
    try {
      const { assertions } = compileFile('init.yaml', starterFile(document, ['case.pcap']));
      const checker = new Checker(
        assertions.filter(({ test }) => test.kind !== 'events'),
        { zone: 'utc', startedAt: () => null },
      );
      const subject = checker.finish(document, 'case.pcap', null);
      const failed = subject.results.find(({ status }) => status === 'failed');
      if (failed !== undefined)
        throw new Error(
          `what --init writes fails: ${failed.name}: ${failed.failures.map(({ message }) => message).join('; ')}`,
        );
      return [subject];
    } catch (error) {
      if (error instanceof AssertionFileError)
        throw new Error(`what --init writes cannot be read: ${error.message}`);
      throw error;
    }
  }
}

/** `sniff` with --top, --stat and --metrics, as if packets had come when they did. */
export class LiveConsumer implements Consumer {
  readonly #links = new LiveLinks();
  readonly #model = new LiveModel();
  readonly #stat = new StatLines(OPTIONS);
  readonly #recent = new RecentEvents(OPTIONS);
  readonly #metrics = new Metrics({ version: '0', nodeVersion: '0', backend: 'fuzz' });
  readonly #texts: string[] = [];
  readonly #analyzer: () => Analyzer;
  #nextLook: number | null = null;
  #looks = 0;

  constructor(analyzer: () => Analyzer) {
    this.#analyzer = analyzer;
  }

  event(event: ReplicationEvent): void {
    this.#recent.add(event);
    this.#nextLook ??= event.time + LOOK_EVERY;
    if (event.time < this.#nextLook || this.#looks >= MOST_LOOKS) return;
    this.#nextLook = event.time + LOOK_EVERY;
    this.#looks++;
    this.#look(event.time);
  }

  async show(): Promise<Outputs> {
    this.#look((this.#analyzer().lastTime ?? 0) + LOOK_EVERY);
    return { texts: [...this.#texts, await this.#metrics.text()], documents: [] };
  }

  #look(now: number): void {
    const analyzer = this.#analyzer();
    const document = { ...analyzer.overview([]), ...this.#links.look(analyzer.links(), now) };
    const snapshot = this.#model.update(document, now);
    this.#metrics.update(document, now);
    this.#texts.push(...this.#stat.lines(snapshot));
    const [selected = null] = shownIds(snapshot, INITIAL_TOP_STATE);
    const events = selected === null ? [] : this.#recent.of(selected, OPTIONS.width);
    for (const view of ['table', 'detail'] as const) {
      const state = { ...INITIAL_TOP_STATE, selected, view };
      const input = { snapshot, state, title: 'fuzz', events, message: null };
      const lines = topScreenLines(input, SCREEN_ROWS, OPTIONS);
      if (lines.length !== SCREEN_ROWS) throw new Error(`${lines.length} lines for ${SCREEN_ROWS} rows`);
      this.#texts.push(...lines);
    }
  }
}

/** `--redact all`. */
export class DisguiseConsumer implements Consumer {
  readonly #disguise = new Disguise('all', Buffer.from('fuzz'));
  readonly #lines: string[] = [];

  event(event: ReplicationEvent): void {
    this.#lines.push(eventLine(this.#disguise.event(event)));
  }

  show(document: SummaryDocument): Outputs {
    return { texts: [], documents: [...this.#lines, safeJson(this.#disguise.summary(document))] };
  }
}

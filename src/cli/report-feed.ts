import { readFileSync, writeFileSync } from 'node:fs';
import { Courses } from '../analysis/course/courses.js';
import { RateObserver } from '../analysis/rates/rates.js';
import type { Analyzer } from '../analyzer.js';
import type { ReplicationEvent } from '../replication/events.js';
import type { Link } from '../replication/model.js';
import type { TrafficObserver } from '../replication/observer.js';
import type { SummaryDocument } from '../report/document.js';
import { buildModel } from '../report/html/build-model.js';
import { EventLog } from '../report/html/event-log.js';
import type { ReportModel } from '../report/html/model.js';
import { type PageAssets, reportPage } from '../report/html/page.js';
import { ratesDocument } from '../report/rates/rates-document.js';
import type { Zone } from '../report/time.js';
import { InputProblem } from './errors.js';
import { notWritten } from './not-written.js';
import { version } from './version.js';

/** Commands listed of a link. */
const MOST_COMMANDS = 12;

/** What the HTML report needs of a run while it runs, and the page at its end. */
export class ReportFeed {
  readonly observer: TrafficObserver;
  readonly #courses = new Courses();
  readonly #rates = new RateObserver('command');
  readonly #events: EventLog;
  readonly #zone: Zone;

  constructor(zone: Zone, keepLink: ((link: Link) => boolean) | undefined) {
    this.#zone = zone;
    this.#events = new EventLog(zone, keepLink);
    this.observer = {
      counter: (session) => this.#rates.counter(session),
      meter: (session, meter) => this.#courses.meter(session, meter),
    };
  }

  /** To be told of each event. */
  event(event: ReplicationEvent): void {
    this.#events.event(event);
  }

  /** The page. @throws InputProblem where the program was not built whole. */
  page(document: SummaryDocument, analyzer: Analyzer): string {
    return reportPage(this.model(document, analyzer), pageAssets());
  }

  /** What the page shows. */
  model(document: SummaryDocument, analyzer: Analyzer): ReportModel {
    const links = analyzer.links();
    const countings = links.map((link) => ({
      peaks: this.#rates.peaks(link),
      shares: this.#rates.shares(link),
    }));
    return buildModel({
      document,
      links,
      rates: ratesDocument(document, countings, 'command', MOST_COMMANDS).links,
      topology: analyzer.topology(),
      events: this.#events.all(),
      eventsLeftOut: this.#events.leftOut,
      courseOf: (session) => this.#courses.of(session),
      zone: this.#zone,
      version: version(),
    });
  }
}

/** The page's code and style: scripts/build-page.js puts them beside the compiled program. */
function pageAssets(): PageAssets {
  const read = (name: string): string => {
    try {
      return readFileSync(new URL(`../report/html/${name}`, import.meta.url), 'utf8');
    } catch (error) {
      throw new InputProblem(
        `the page's ${name} cannot be read (npm run build makes it): ${(error as Error).message}`,
      );
    }
  };
  return { script: read('client.js'), style: read('client.css') };
}

/** @throws InputProblem */
export function writePage(path: string, page: string): void {
  try {
    writeFileSync(path, page);
  } catch (error) {
    throw notWritten(path, error, 'cannot write the report');
  }
}

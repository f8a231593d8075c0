import { Chalk } from 'chalk';
import { RateObserver } from '../../analysis/rates/rates.js';
import { Analyzer } from '../../analyzer.js';
import { MemorySource } from '../../capture/byte-source.js';
import { openByteSource } from '../../capture/open.js';
import { CaptureError, type CaptureFacts } from '../../capture/types.js';
import type { Session } from '../../replication/model.js';
import type { CommandCounter, TrafficObserver } from '../../replication/observer.js';
import { AofWriter } from '../../report/aof.js';
import { aofLines } from '../../report/aof-text.js';
import type { SummaryDocument } from '../../report/document.js';
import { EventPrinter } from '../../report/event-printer.js';
import { eventLine } from '../../report/events.js';
import { findingsText } from '../../report/findings/findings-text.js';
import { safeJson } from '../../report/json.js';
import { keyLines } from '../../report/key-line.js';
import { summaryMarkdown, timelineMarkdown } from '../../report/markdown.js';
import { noteLines } from '../../report/notes-text.js';
import { ratesDocument } from '../../report/rates/rates-document.js';
import { ratesText } from '../../report/rates/rates-text.js';
import { linkPayload, type RdbPayloadDocument } from '../../report/rdb-report.js';
import { rdbText } from '../../report/rdb-text.js';
import { summaryTable } from '../../report/table.js';
import { timelineText } from '../../report/timeline.js';
import { topologyDot, topologyMermaid } from '../../report/topology/graph.js';
import { topologyDocument } from '../../report/topology/topology-document.js';
import { topologyText } from '../../report/topology/topology-text.js';
import { CheckConsumer, type Consumer, DisguiseConsumer, LiveConsumer, PageConsumer } from './consumers.js';
import { complaintsAbout, isWholeCommands } from './invariants.js';
import { OtlpConsumer } from './otlp-consumer.js';
import { complaintsAboutScrubbed } from './scrubbed.js';

/** Runs a capture through everything that may be made of one, and tells what is wrong with the result. */

export interface Examined {
  /** What must not be, one a line; empty on every sound run. */
  complaints: string[];
  /** Time of the analysis alone and with all outputs, ms. */
  analysisMs: number;
  wholeMs: number;
  packets: number;
  links: number;
  events: number;
  summary: SummaryDocument | null;
}

export interface ExamineOptions {
  /** Bytes that the reader is given at once. */
  chunk?: number | undefined;
  /** Must not be in any output. */
  secrets?: readonly string[];
  /** The report's page, checks, live views, pseudonyms and a scrubbed copy as well. */
  deep?: boolean | undefined;
  /** Nothing of the capture is lost or damaged. */
  isSound?: boolean | undefined;
}

const OPTIONS = { width: 100, chalk: new Chalk({ level: 0 }), ascii: false, zone: 'utc' } as const;
/** Bytes of an AOF that are looked at. */
const AOF_BYTES = 1 << 20;

export async function examine(bytes: Uint8Array, options: ExamineOptions = {}): Promise<Examined> {
  const run = new Run(options.deep === true);
  const begun = performance.now();
  try {
    await run.read(bytes, options.chunk);
    run.examined.analysisMs = performance.now() - begun;
    await run.show();
  } catch (error) {
    // A file that cannot be read is told in a sentence: the only error there may be.
    if (!(error instanceof CaptureError))
      run.examined.complaints.push(String((error as Error).stack ?? error));
  }
  run.examined.wholeMs = performance.now() - begun;
  run.check(options.secrets ?? []);
  const { complaints, summary } = run.examined;
  if (options.deep && summary !== null)
    complaints.push(
      ...(await complaintsAboutScrubbed(bytes, summary, options.secrets ?? [], options.isSound === true)),
    );
  return run.examined;
}

class Run {
  readonly examined: Examined = {
    complaints: [],
    analysisMs: 0,
    wholeMs: 0,
    packets: 0,
    links: 0,
    events: 0,
    summary: null,
  };
  /** For people, and for programs one document or line each. */
  readonly #texts: string[] = [];
  readonly #documents: string[] = [];
  readonly #payloads: RdbPayloadDocument[] = [];
  readonly #aof: Uint8Array[] = [];
  #aofBytes = 0;
  #facts: CaptureFacts | null = null;
  readonly #rates = new RateObserver('prefix');
  readonly #writer = new AofWriter((bytes) => this.#written(bytes));
  readonly #analyzer: Analyzer;
  readonly #consumers: readonly Consumer[];

  constructor(deep: boolean) {
    this.#consumers = deep
      ? [
          new PageConsumer(),
          new CheckConsumer(),
          new LiveConsumer(() => this.#analyzer),
          new DisguiseConsumer(),
          new OtlpConsumer(),
        ]
      : [];
    const printer = new EventPrinter(
      { ...OPTIONS, showLink: true, acks: true, replies: true, commands: true },
      (line) => this.#texts.push(line),
    );
    this.#analyzer = new Analyzer({
      commands: true,
      observer: this.#observer(),
      onEvent: (event) => {
        this.examined.events++;
        this.#documents.push(eventLine(event));
        printer.print(event);
        for (const consumer of this.#consumers) consumer.event(event);
      },
    });
  }

  async read(bytes: Uint8Array, chunk?: number): Promise<void> {
    const reader = await openByteSource(new MemorySource(bytes, chunk), 'case.pcap');
    this.#facts = reader.facts;
    const analyzer = this.#analyzer;
    for (let batch = await reader.next(); batch !== null; batch = await reader.next())
      analyzer.run(batch, 0, batch.count);
    await reader.close();
    analyzer.finish();
    this.#writer.end();
    this.examined.packets = analyzer.packets;
  }

  /** Every output of every command. */
  async show(): Promise<void> {
    const analyzer = this.#analyzer;
    const summary = analyzer.summary([this.#facts!]);
    this.examined.summary = summary;
    this.examined.links = summary.links.length;
    const countings = analyzer
      .links()
      .map((link) => ({ peaks: this.#rates.peaks(link), shares: this.#rates.shares(link) }));
    const rates = ratesDocument(summary, countings, 'prefix', 10);
    const rdb = { schema: 'psyncscope.rdb/1', capture: summary.capture, payloads: this.#payloads } as const;
    const topology = analyzer.topology();
    this.#documents.push(
      safeJson(summary, 2),
      safeJson(rates, 2),
      safeJson(rdb, 2),
      safeJson(topologyDocument(topology), 2),
    );
    const all = { ...OPTIONS, all: true };
    this.#texts.push(
      summaryTable(summary, OPTIONS),
      summaryMarkdown(summary),
      timelineText(summary, all),
      timelineMarkdown(summary, all),
      findingsText(summary, OPTIONS),
      topologyText(topology, OPTIONS),
      topologyDot(topology, 'utc'),
      topologyMermaid(topology, 'utc'),
      ratesText(rates, summary, OPTIONS),
      rdbText(rdb, OPTIONS),
      ...noteLines(summary, OPTIONS),
      ...aofLines(this.#writer.facts),
    );
    for (const consumer of this.#consumers) {
      const { texts, documents } = await consumer.show(summary, analyzer);
      this.#texts.push(...texts);
      this.#documents.push(...documents);
    }
  }

  check(secrets: readonly string[]): void {
    const { complaints, summary } = this.examined;
    complaints.push(...this.#analyzer.internalErrors);
    if (summary !== null) complaints.push(...complaintsAbout(summary, this.#texts, this.#documents));
    if (this.#aofBytes <= AOF_BYTES && !isWholeCommands(Buffer.concat(this.#aof)))
      complaints.push('the AOF is not made of whole commands');
    for (const secret of secrets)
      for (const text of [...this.#texts, ...this.#documents])
        if (text.includes(secret)) complaints.push(`the secret ${secret} is shown: ${text.slice(0, 300)}`);
  }

  #written(bytes: Uint8Array): void {
    this.#aofBytes += bytes.length;
    if (this.#aofBytes <= AOF_BYTES) this.#aof.push(Uint8Array.from(bytes));
  }

  #observer(): TrafficObserver {
    return {
      payload: (session) => {
        const line = keyLines({ payload: 1, link: null, session: session.number, file: null });
        return {
          bytes: () => {},
          key: (key) => void this.#documents.push(line(key)),
          end: (payload) => {
            if (session.link.id !== '') this.#payloads.push(linkPayload(session, payload, null));
          },
        };
      },
      stream: (session) => this.#writer.begin(session),
      counter: (session) => this.#counter(session),
      meter: (session, meter) =>
        this.#consumers.reduce((last, { observer }) => observer?.meter?.(session, last) ?? last, meter),
    };
  }

  #counter(session: Session): CommandCounter {
    const counters = this.#consumers.flatMap(({ observer }) => observer?.counter?.(session) ?? []);
    counters.push(this.#rates.counter(session));
    return {
      sent: (bytes, time) => {
        for (const counter of counters) counter.sent(bytes, time);
      },
      command: (...facts: Parameters<CommandCounter['command']>) => {
        for (const counter of counters) counter.command(...facts);
      },
    };
  }
}

import { Analyzer } from '../analyzer.js';
import type { CaptureFacts } from '../capture/types.js';
import { SCENARIOS } from '../embedded/scenarios/index.js';
import { play } from '../embedded/scenarios/play.js';
import type { Scenario } from '../embedded/scenarios/scenario.js';
import type { FrameSink } from '../embedded/tap/frame-sink.js';
import { PacketFeed } from '../embedded/tap/packet-feed.js';
import type { ReplicationEvent } from '../replication/events.js';
import { escapeText } from '../report/escape.js';
import { EventPrinter } from '../report/event-printer.js';
import { eventLine } from '../report/events.js';
import { scenarioListText, sceneLines, titleLines } from '../report/scene.js';
import { timelineText } from '../report/timeline.js';
import { CaptureFile } from './capture-file.js';
import { UsageError } from './errors.js';
import { nearest } from './nearest.js';
import type { DemoArguments } from './other-flags.js';
import { isOutputClosed, Output, onOutputClosed } from './output.js';
import { refuseStandardOutput, textOptions } from './selection.js';

const LINKTYPE_ETHERNET = 1;

/** Characters of a path that a message repeats. */
const MAX_PATH = 500;

/** `psyncscope demo`: servers of our own play a scenario, over sockets or in simulated time, and the analyzer tells what it sees. */
export async function demo(args: DemoArguments): Promise<void> {
  const output = new Output();
  if (args.list) {
    output.line(scenarioListText(SCENARIOS, textOptions(args)));
    output.flush();
    return;
  }
  refuseStandardOutput('save', args.save);
  if (!Number.isSafeInteger(args.seed)) throw new UsageError(`--seed: not a whole number: ${args.seed}`);
  const scenario = findScenario(args.scenario);
  const saved = args.save === undefined ? null : new CaptureFile(args.save);
  const show = new Show(args, output);
  show.begin(scenario);
  const frames: FrameSink = {
    frame: (time, bytes, originalLength) => {
      saved?.frame(time, bytes, originalLength);
      show.frames.frame(time, bytes, originalLength);
    },
  };
  await play(scenario, {
    live: !args.fast,
    seed: args.seed,
    frames,
    narrate: (text) => show.narrate(text),
    signal: stopSignal(),
  });
  show.end();
  saved?.close();
  if (isOutputClosed()) return;
  const again = args.save === undefined ? 'demo --list' : `timeline ${args.save}`;
  process.stderr.write(`\nmore: psyncscope ${escapeText(again, MAX_PATH)}\n`);
}

/** Ends the story early: Ctrl-C, or nobody reads our output. What was seen until then is told. */
function stopSignal(): AbortSignal {
  const stop = new AbortController();
  const abort = (): void => stop.abort();
  process.once('SIGINT', abort);
  process.once('SIGTERM', abort);
  onOutputClosed(abort);
  return stop.signal;
}

/** @throws UsageError with what there is. */
function findScenario(name: string | undefined): Scenario {
  const found = name === undefined ? SCENARIOS[0] : SCENARIOS.find((scenario) => scenario.name === name);
  if (found !== undefined) return found;
  const near = nearest(
    (name ?? '').toLowerCase(),
    SCENARIOS.map((scenario) => scenario.name),
  );
  const hint = near === null ? '' : `; ${near} is one`;
  throw new UsageError(`no story is named ${name}${hint}: psyncscope demo --list names them`);
}

/** What the audience sees: the story, the events as they happen, and the timeline at the end. */
class Show {
  readonly frames: FrameSink;
  readonly #analyzer: Analyzer;
  readonly #args: DemoArguments;
  readonly #output: Output;
  readonly #printer: EventPrinter;

  constructor(args: DemoArguments, output: Output) {
    this.#args = args;
    this.#output = output;
    const options = { ...textOptions(args), showLink: false, acks: args.acks, commands: args.commands };
    this.#printer = new EventPrinter(options, (line) => output.line(line));
    this.#analyzer = new Analyzer({
      onEvent: (event) => this.#event(event),
      commands: args.commands,
      biggestKeys: 0,
    });
    this.frames = new PacketFeed((batch, from, to) => {
      this.#analyzer.run(batch, from, to);
      output.flush();
    });
  }

  begin(scenario: Scenario): void {
    if (this.#args.json) return;
    const where = this.#args.fast ? 'a simulated network' : '127.0.0.1';
    const how = `Servers of our own play it over ${where}; all below is told from their packets.`;
    for (const line of titleLines(scenario, how, textOptions(this.#args))) this.#output.line(line);
    this.#output.flush();
  }

  narrate(text: string): void {
    if (this.#args.json) return;
    this.#printer.end();
    for (const line of sceneLines(text, textOptions(this.#args))) this.#output.line(line);
    this.#output.flush();
  }

  end(): void {
    const analyzer = this.#analyzer;
    analyzer.finish();
    this.#printer.end();
    if (!this.#args.json) {
      const facts: CaptureFacts = {
        source: 'demo',
        format: this.#args.fast ? 'pcap' : 'live',
        linkTypes: [LINKTYPE_ETHERNET],
        kernelDrops: null,
        problem: null,
      };
      this.#output.line('');
      this.#output.line(timelineText(analyzer.summary([facts]), { ...textOptions(this.#args), all: false }));
    }
    this.#output.flush();
  }

  #event(event: ReplicationEvent): void {
    if (this.#args.json) this.#output.line(eventLine(event));
    else this.#printer.print(event);
  }
}

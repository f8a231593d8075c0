import type { Payload, Session } from '../replication/model.js';
import type { PayloadWatcher, TrafficObserver } from '../replication/observer.js';
import type { CaptureDocument } from '../report/document.js';
import { safeJson } from '../report/json.js';
import { keyLines } from '../report/key-line.js';
import { noteLines } from '../report/notes-text.js';
import { filePayload, linkPayload, type RdbPayloadDocument, type RdbReport } from '../report/rdb-report.js';
import { lackText, payloadName, rdbText } from '../report/rdb-text.js';
import { bytesText } from '../report/units.js';
import { BufferedDescriptor } from './descriptor.js';
import { InputProblem, UsageError } from './errors.js';
import { Failure } from './failure.js';
import type { RdbArguments } from './flags.js';
import { keyFilter } from './key-filter.js';
import { isOutputClosed, noteOutputClosed, Output } from './output.js';
import { PayloadSaver } from './payload-saver.js';
import { readRdbFile } from './rdb-file.js';
import { openUnpacked, type RdbInputs, sortInputs } from './rdb-input.js';
import { runCaptures } from './run.js';
import { type CaptureSelection, refuseRedacted, selectCaptures, textOptions } from './selection.js';

/** Keys of each ranking at most: they are all held. */
const MOST_TOP = 10_000;
const TYPES = ['string', 'list', 'set', 'zset', 'hash', 'stream', 'module', 'array'];

/** `psyncscope rdb`: what the payloads of links, and RDB files, hold. */
export async function rdb(args: RdbArguments): Promise<void> {
  const selection = selectCaptures(args);
  checkArguments(args);
  const inputs = await sortInputs(selection.paths);
  const command = new RdbCommand(args, selection);
  try {
    const capture = inputs.captures.length === 0 ? null : await command.readLinks(inputs);
    for (const path of inputs.files) await command.readFile(path, inputs);
    command.show(capture);
  } finally {
    command.close();
  }
}

function checkArguments({ top, keys, match, type, db, save, redact }: RdbArguments): void {
  if (save !== undefined) refuseRedacted(redact, '--save');
  if (!Number.isInteger(top) || top < 0 || top > MOST_TOP)
    throw new UsageError(`--top: a number from 0 to ${MOST_TOP} is required`);
  if (!keys && (match ?? type ?? db) !== undefined)
    throw new UsageError('--match, --type and --db choose among the keys that --keys lists');
  for (const name of type ?? [])
    if (!TYPES.includes(name)) throw new UsageError(`--type: none of ${TYPES.join(', ')}: ${name}`);
  for (const number of db ?? [])
    if (!Number.isInteger(number) || number < 0) throw new UsageError(`--db: not a database: ${number}`);
}

/** One run of the command: what was found so far, and where it goes. */
class RdbCommand {
  readonly #args: RdbArguments;
  readonly #selection: CaptureSelection;
  readonly #payloads: RdbPayloadDocument[] = [];
  readonly #saver: PayloadSaver | null;
  readonly #failure = new Failure();
  readonly #keys = new BufferedDescriptor();
  readonly #wanted: ReturnType<typeof keyFilter>;
  #begun = 0;

  constructor(args: RdbArguments, selection: CaptureSelection) {
    this.#args = args;
    this.#selection = selection;
    const { save } = args;
    this.#saver = save === undefined ? null : this.#try(() => new PayloadSaver(save), null);
    this.#failure.check();
    this.#wanted = keyFilter({ match: args.match, types: args.type, databases: args.db });
  }

  /** Reads the captures. @returns what is known of them. */
  async readLinks({ captures, sources }: RdbInputs): Promise<CaptureDocument> {
    let capture: CaptureDocument | null = null;
    const observer: TrafficObserver = { payload: (session) => this.#watch(session) };
    await runCaptures(
      { ...this.#selection, paths: captures },
      { analyzer: { observer, biggestKeys: this.#top }, sources, afterRun: () => this.#flush() },
      (document) => {
        capture = document.capture;
        if (this.#args.json || this.#args.keys || isOutputClosed()) return;
        for (const line of noteLines(document, textOptions(this.#args))) process.stderr.write(`${line}\n`);
      },
    );
    return capture!;
  }

  async readFile(path: string, { sources }: RdbInputs): Promise<void> {
    const facts = await readRdbFile(sources.get(path) ?? (await openUnpacked(path)), path, {
      top: this.#top,
      key: this.#lister(null, null, path),
      goesOn: () => {
        this.#flush();
        return !isOutputClosed();
      },
    });
    this.#payloads.push(filePayload(facts));
  }

  /** Prints what was asked for. @throws InputProblem with --strict for what is damaged. */
  show(capture: CaptureDocument | null): void {
    this.#flush();
    const { redact } = this.#selection.filter;
    const payloads = this.#payloads.map((payload) => redact?.payload(payload) ?? payload);
    if (this.#args.json && !this.#args.keys)
      print(safeJson({ schema: 'psyncscope.rdb/1', capture, payloads } satisfies RdbReport, 2));
    else if (!this.#args.keys && payloads.length > 0)
      print(rdbText({ schema: 'psyncscope.rdb/1', capture, payloads }, textOptions(this.#args)));
    if (isOutputClosed()) return;
    if (payloads.length === 0) process.stderr.write('psyncscope: no payload found\n');
    const damaged = payloads.filter(
      ({ file, complete, rdb }) => file !== null && (!complete || rdb?.checksum === 'invalid'),
    );
    for (const payload of damaged) this.#reportDamage(payload);
    if (damaged.length > 0 && this.#selection.strict)
      throw new InputProblem(`damaged: ${damaged.map((each) => this.#name(each)).join(', ')}`);
  }

  close(): void {
    this.#saver?.close();
  }

  get #top(): number {
    return this.#args.keys ? 0 : this.#args.top;
  }

  #watch(session: Session): PayloadWatcher | null {
    const { keepLink } = this.#selection.filter;
    // A connection that was joined inside its payload is entered in its link only later.
    if (keepLink !== undefined && session.link.id !== '' && !keepLink(session.link)) return null;
    const file = this.#try(() => this.#saver?.begin() ?? null, null);
    const key = this.#lister(session.link.id, session.number, null);
    return {
      ...(file !== null && {
        bytes: (bytes, start, end) => this.#try(() => file.write(bytes.subarray(start, end)), undefined),
      }),
      ...(key !== undefined && { key }),
      end: (payload) => {
        const isWhole = payload.sha256 !== null;
        const savedAs = isWhole ? this.#try(() => file?.finish(session, payload) ?? null, null) : null;
        if (savedAs === null) this.#try(() => file?.discard(), undefined);
        this.#add(session, payload, savedAs);
      },
    };
  }

  #add(session: Session, payload: Payload, savedAs: string | null): void {
    const { keepLink } = this.#selection.filter;
    if (keepLink !== undefined && session.link.id !== '' && !keepLink(session.link)) return;
    const document = linkPayload(session, payload, savedAs);
    this.#payloads.push(document);
    if (this.#saver === null) return;
    const what =
      savedAs === null
        ? `not saved: ${lackText(document) ?? 'not whole'}`
        : `${bytesText(payload.bytes)} saved as ${savedAs}`;
    process.stderr.write(`psyncscope: ${this.#name(document)}: ${what}\n`);
  }

  /** What prints the wanted keys of a payload; undefined when keys are not listed. */
  #lister(link: string | null, session: number | null, file: string | null) {
    const payload = ++this.#begun;
    if (!this.#args.keys) return undefined;
    const line = keyLines({ payload, link, session, file });
    const { redact } = this.#selection.filter;
    return (key: Parameters<typeof line>[0]): void => {
      if (this.#wanted(key)) this.#keys.write(Buffer.from(`${line(redact?.key(key) ?? key)}\n`));
    };
  }

  /** Runs what writes to the folder of --save. */
  #try<T>(act: () => T, otherwise: T): T {
    return this.#failure.attempt(this.#args.save ?? '', act, otherwise);
  }

  /** @throws InputProblem when something could not be written. */
  #flush(): void {
    this.#failure.check();
    this.#keys.flush();
    if (this.#keys.closed) noteOutputClosed();
  }

  #reportDamage(payload: RdbPayloadDocument): void {
    const { rdb } = payload;
    const what =
      rdb?.error != null
        ? `${rdb.error.message} at byte ${rdb.error.position}`
        : (lackText(payload) ?? `checksum ${rdb?.checksum}`);
    process.stderr.write(`psyncscope: ${this.#name(payload)}: ${what}\n`);
  }

  #name(payload: RdbPayloadDocument): string {
    return payloadName(payload, { zone: this.#args.local ? 'local' : 'utc' });
  }
}

function print(text: string): void {
  const output = new Output();
  output.line(text);
  output.flush();
}

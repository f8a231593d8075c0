import { readPayloadHeader } from '../replication/decision.js';
import { MAX_HELD_COMMAND_BYTES } from '../replication/limits.js';
import { PayloadReader } from '../replication/payload.js';
import { mayHaveSecrets, secretPlaces, shownAuthReply, shownReply } from '../replication/redact.js';
import type { Patches } from './patches.js';
import { CommandOverwriter, type Policy } from './policy.js';
import { overwriteRdb, rdbHeadBytes } from './rdb-values.js';
import { latin1, RespScanner, type ScanSink } from './resp-scanner.js';

/** Arguments of one command that are looked at for secrets. */
const MOST_ARGUMENTS = 4096;

/** Bytes of all payloads that are held at a time to be read. */
const MOST_HELD_BYTES = 4 * MAX_HELD_COMMAND_BYTES;

/** What was done, of all connections. */
export interface ScrubCounts {
  secrets: number;
  /** Payloads that are whole, and others: what cannot be read of those is overwritten as a whole. */
  payloads: number;
  partPayloads: number;
  heldBytes: number;
}

/** Secrets, keys and values in requests: those of a client, or the stream of a master. */
class Commands {
  readonly #patches: Patches;
  readonly #counts: ScrubCounts;
  readonly #overwriter: CommandOverwriter;
  #name = '';
  #words: { text: string; from: number; to: number }[] | null = null;

  constructor(policy: Policy, patches: Patches, counts: ScrubCounts) {
    this.#patches = patches;
    this.#counts = counts;
    this.#overwriter = new CommandOverwriter(policy, patches);
  }

  /** Name of the latest command, in upper case. */
  get name(): string {
    return this.#name;
  }

  argument(place: number, head: Uint8Array, from: number, to: number): void {
    if (place === 0) {
      const text = latin1(head).trim();
      const blank = text.search(/\s/);
      this.#name = (blank < 0 ? text : text.slice(0, blank)).toUpperCase();
      // A whole line as one word.
      if (blank >= 0 && mayHaveSecrets(this.#name)) this.#secret(from + blank, to);
      this.#words = mayHaveSecrets(this.#name) ? [] : null;
    }
    if (this.#words !== null && place < MOST_ARGUMENTS) this.#words.push({ text: latin1(head), from, to });
    this.#overwriter.argument(place, head, from, to);
  }

  done(): void {
    const words = this.#words;
    if (words === null) return;
    for (const place of secretPlaces(words.map(({ text }) => text)))
      this.#secret(words[place]!.from, words[place]!.to);
    this.#words = null;
  }

  /** An inline command. */
  line(head: Uint8Array, from: number): void {
    let place = 0;
    for (const { 0: word, index } of latin1(head).matchAll(/\S+/g))
      this.argument(place++, Buffer.from(word, 'latin1'), from + index, from + index + word.length);
    this.done();
  }

  #secret(from: number, to: number): void {
    this.#counts.secrets++;
    this.#patches.add(from, to);
  }
}

/** The direction of a client. */
export class ClientSide implements ScanSink {
  readonly #patches: Patches;
  readonly #commands: Commands;
  readonly #scanner: RespScanner;
  #hasSpoken = false;

  constructor(policy: Policy, patches: Patches, counts: ScrubCounts, isJoined: boolean) {
    this.#patches = patches;
    this.#commands = new Commands(policy, patches, counts);
    this.#scanner = new RespScanner(this, 0, isJoined, false);
  }

  /** Name of the latest command, in upper case. */
  get latest(): string {
    return this.#commands.name;
  }

  data(bytes: Uint8Array, start: number, end: number, position: number, segmentStart: boolean): void {
    if (segmentStart) this.#scanner.segment(bytes[start]!, position);
    this.#scanner.data(bytes, start, end, position);
  }

  gap(position: number, length: number): void {
    this.#scanner.gap(position, length);
  }

  end(position: number): void {
    if (this.#hasSpoken) this.#scanner.end(position);
  }

  line(head: Uint8Array, from: number): void {
    this.#commands.line(head, from);
  }

  bulk(place: number, _count: number, head: Uint8Array, from: number, to: number): void {
    this.#hasSpoken = true;
    this.#commands.argument(place, head, from, to);
  }

  done(): void {
    this.#commands.done();
  }

  /** The rest of a request whose beginning is lost may be a password. */
  skipped(from: number, to: number): void {
    this.#patches.add(from, to);
  }
}

/** Settings that CONFIG GET shows, and what ACL LIST and ACL GETUSER show of users. */
const SECRET_NAME = /^(requirepass|(master|primary)(auth|user)|.*key-file-pass)$/i;
const SECRET_TEXT = /^user \S+ .*[#>]|^[#>]?[0-9a-f]{64}$/i;
/** A line of MONITOR, of servers that show passwords (up to 6.0). */
const MONITORED = /^\+\d+\.\d+ \[.*?\] "(auth|hello|config|acl|migrate)"/i;

/** The direction of a server: replies, and on a replication link payload and stream. */
export class ServerSide implements ScanSink {
  readonly #policy: Policy;
  readonly #patches: Patches;
  readonly #counts: ScrubCounts;
  readonly #client: ClientSide;
  readonly #commands: Commands;
  #scanner: RespScanner;
  #isStream: boolean;
  #isGranted = false;
  #previous = '';
  #payload: PayloadReader | null = null;
  #payloadFrom = 0;
  #held: Uint8Array[] = [];
  #isHolding = false;
  #header: ReturnType<typeof readPayloadHeader> = null;

  /** @param isStream joined in the middle, and known to be a link. */
  constructor(policy: Policy, patches: Patches, counts: ScrubCounts, client: ClientSide, isStream: boolean) {
    this.#policy = policy;
    this.#patches = patches;
    this.#counts = counts;
    this.#client = client;
    this.#commands = new Commands(policy, patches, counts);
    this.#isStream = isStream;
    this.#scanner = new RespScanner(this, 0, isStream, !isStream);
  }

  data(bytes: Uint8Array, start: number, end: number, position: number, segmentStart: boolean): void {
    if (segmentStart && this.#payload === null) this.#scanner.segment(bytes[start]!, position);
    const base = position - start;
    let at = start;
    while (at < end) {
      if (this.#payload === null) {
        at = this.#scanner.data(bytes, at, end, base + at);
        if (this.#header !== null) this.#beginPayload(base + at);
      } else {
        const from = at;
        at = this.#payload.data(bytes, at, end, 0, 0);
        this.#hold(bytes.subarray(from, at));
        if (this.#payload.isOver) this.#endPayload(base + at);
      }
    }
  }

  gap(position: number, length: number): void {
    let at = position;
    if (this.#payload !== null) {
      at += this.#payload.gap(length, 0, 0);
      this.#isHolding = false;
      if (this.#payload.isOver) this.#endPayload(at);
    }
    if (this.#payload === null && at < position + length) this.#scanner.gap(at, position + length - at);
  }

  end(position: number): void {
    if (this.#payload !== null) {
      this.#payload.abandon();
      this.#endPayload(position);
    } else if (this.#isStream) this.#scanner.end(position);
  }

  line(head: Uint8Array, from: number, to: number): void {
    const text = latin1(head);
    if (text.startsWith('+FULLRESYNC')) this.#isGranted = true;
    else if (text.startsWith('+CONTINUE') || text.startsWith('+RDBCHANNELSYNC')) this.#isStream = true;
    else if (text.startsWith('-')) this.#error(text, from, to);
    else if (MONITORED.test(text)) this.#secret(from + text.indexOf(']'), to);
    else if (this.#isStream) this.#commands.line(head, from);
  }

  bulk(place: number, _count: number, head: Uint8Array, from: number, to: number): void {
    if (this.#isStream) {
      this.#commands.argument(place, head, from, to);
      return;
    }
    const text = latin1(head);
    if (SECRET_NAME.test(this.#previous) || SECRET_TEXT.test(text)) this.#secret(from, to);
    else if ((this.#policy.keys || this.#policy.values) && this.#client.latest !== 'INFO')
      this.#patches.add(from, to);
    this.#previous = text;
  }

  done(): void {
    if (this.#isStream) this.#commands.done();
    this.#previous = '';
  }

  skipped(from: number, to: number): void {
    if (this.#policy.keys || this.#policy.values) this.#patches.add(from, to);
  }

  isPayload(line: string): boolean {
    const isDue = this.#isGranted || this.#client.latest === 'SYNC';
    const header = isDue && !this.#isStream ? readPayloadHeader(line) : null;
    if (header === null || header.form === 'end-offset') return false;
    this.#header = header;
    return true;
  }

  #error(text: string, from: number, to: number): void {
    const isAuth = /^(AUTH|HELLO)$/.test(this.#client.latest);
    const shown = isAuth ? shownAuthReply(shownReply(text)) : shownReply(text);
    if (shown === text) return;
    let same = 0;
    while (shown[same] === text[same]) same++;
    this.#secret(from + same, to);
  }

  #secret(from: number, to: number): void {
    this.#counts.secrets++;
    this.#patches.add(from, to);
  }

  #beginPayload(position: number): void {
    this.#payloadFrom = position;
    this.#isHolding = this.#policy.keys || this.#policy.values;
    this.#payload = new PayloadReader(this.#header, 0, 0, { asOf: null, details: null, watcher: null });
    this.#header = null;
  }

  /** Bytes of the payload, and the end mark behind it, up to the first hole. */
  #hold(bytes: Uint8Array): void {
    if (!this.#isHolding || this.#counts.heldBytes > MOST_HELD_BYTES) {
      this.#isHolding = false;
      return;
    }
    this.#counts.heldBytes += bytes.length;
    this.#held.push(Uint8Array.from(bytes));
  }

  /** The payload is over; what comes behind it is the stream. */
  #endPayload(position: number): void {
    const { bytes, sha256 } = this.#payload!.facts;
    if (this.#policy.keys || this.#policy.values) this.#overwritePayload(bytes, sha256 !== null);
    this.#payload = null;
    this.#isStream = true;
    this.#scanner = new RespScanner(this, position, false, false);
  }

  #overwritePayload(length: number, isWhole: boolean): void {
    const all = Buffer.concat(this.#held);
    this.#counts.heldBytes -= all.length;
    this.#held = [];
    const held = all.subarray(0, length);
    const from = this.#payloadFrom;
    const overwritten = overwriteRdb(held, this.#policy);
    if (overwritten !== null && isWhole && held.length === length) {
      this.#counts.payloads++;
      this.#patches.add(from, from + length, overwritten);
      return;
    }
    this.#counts.partPayloads++;
    const readable = overwritten === null ? rdbHeadBytes(held) : held.length;
    if (overwritten !== null) this.#patches.add(from, from + readable, overwritten);
    // The end mark that may stand there is no secret, and tells where the stream begins.
    this.#patches.add(from + readable, from + length);
  }
}

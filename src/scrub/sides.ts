import { readPayloadHeader } from '../replication/decision.js';
import { MAX_HELD_COMMAND_BYTES } from '../replication/limits.js';
import { PayloadReader } from '../replication/payload.js';
import { shownAuthReply, shownReply } from '../replication/redact.js';
import { Commands, type ScrubCounts } from './commands.js';
import type { Patches } from './patches.js';
import type { Policy } from './policy.js';
import { overwriteRdb, rdbHeadBytes } from './rdb-values.js';
import { latin1, RespScanner, type ScanSink } from './resp-scanner.js';

/** Bytes of all payloads that are held at a time to be read. */
const MOST_HELD_BYTES = 4 * MAX_HELD_COMMAND_BYTES;

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

  /** The server does not know a command of this name, and has said so. */
  unknown(name: string): void {
    this.#commands.unknown(name);
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
/** Servers quote a name of 128 characters at most. */
const UNKNOWN = /unknown (?:sub)?command [`'"]([^`'"]{1,128})/i;
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
    const unknown = UNKNOWN.exec(text)?.[1];
    if (unknown !== undefined) this.#client.unknown(unknown);
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
    this.#isHolding = true;
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
    this.#overwritePayload(bytes, sha256 !== null);
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
    if (!this.#policy.keys && !this.#policy.values) {
      if (overwritten === null || held.length < length) this.#counts.unreadPayloads++;
      else if (!held.equals(overwritten)) {
        this.#counts.secrets++;
        this.#patches.add(from, from + length, overwritten);
      }
      return;
    }
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

import { argumentText, readArguments } from '../resp/arguments.js';
import { CommandDecoder, type CommandSink } from '../resp/command-decoder.js';
import { DEL, EXEC, MULTI, PING, REPLCONF_GETACK, SELECT, UNLINK } from '../resp/command-names.js';
import type { Context } from './context.js';
import type { LagMeter } from './lag-meter.js';
import { MAX_DATABASES, NOTICED_DELETES } from './limits.js';
import type { StreamFacts } from './model.js';
import type { CommandCounter, StreamWatcher } from './observer.js';
import type { OffsetBytes } from './sibling-bytes.js';
import { StreamTap } from './stream-tap.js';

/** What a CommandStream tells its session. */
export interface StreamListener {
  streamCommand(
    name: number,
    bytes: Uint8Array,
    from: number,
    kept: number,
    length: number,
    streamBytes: number,
    time: number,
    packet: number,
  ): void;
  /** Another NOTICED_DELETES commands that delete one key each, outside of transactions. */
  streamDeletes(name: number, streamBytes: number, time: number, packet: number): void;
  streamNewline(time: number, packet: number): void;
  streamFound(skipped: number, time: number, packet: number): void;
}

/**
 * The command stream of one session, master to replica: bytes by position, commands by name, databases. Byte numbers here count
 * from the stream's first byte (position `base`), so they stay right across holes and whatever could not be decoded.
 */
export class CommandStream implements CommandSink {
  readonly #context: Context;
  readonly #decoder: CommandDecoder;
  readonly #counts: number[] = [];
  readonly #databases = new Set<number>();
  /** Stream position of the first byte that counts. */
  base: number;
  /** Stream bytes up to the last one that was captured, or is known to have been sent. */
  bytes = 0;
  commands = 0;
  resyncs = 0;
  #skipped = 0;
  getAcks = 0;
  #lastAt: number | null = null;
  #silence = 0;
  #silenceAt: number | null = null;
  #inTransaction = false;
  #deletes = 0;
  /** Stream position at which the first command was found after the place was lost before any, or null. */
  foundAt: number | null = null;
  /** The database that the next command works on; null: not known. */
  database: number | null = null;
  /** Stream bytes up to behind the command that selected it. */
  selectedAt = 0;
  listener: StreamListener | null = null;
  meter: LagMeter | null = null;
  #tap: StreamTap | null = null;
  #follower: OffsetBytes | null = null;
  #counter: CommandCounter | null = null;
  /** Replication offset of the byte at stream position 0, for the follower. */
  #offsetShift = 0;
  #offsetOf: (bytes: number) => number | null = () => null;

  /** @param inline lines between the arrays are commands: streams of servers before 2.8. */
  constructor(context: Context, base: number, inline: boolean) {
    this.#context = context;
    this.base = base;
    this.#decoder = new CommandDecoder(context.names, this, { learn: true, inline });
  }

  /** Gives the commands from here on to `watcher`, with the offsets that `offsetOf` makes of stream bytes. */
  watch(watcher: StreamWatcher, offsetOf: (bytes: number) => number | null): void {
    this.#tap = new StreamTap(watcher, this.base + this.bytes);
    this.#offsetOf = offsetOf;
  }

  /** Tells `counter` of the commands from here on. */
  count(counter: CommandCounter): void {
    this.#counter = counter;
  }

  /** Gives the bytes from here on to `follower`; `start` is the offset of the byte before the stream's first one. */
  follow(follower: OffsetBytes, start: number): void {
    this.#follower = follower;
    this.#offsetShift = start + 1 - this.base;
  }

  /** True where the next byte begins a command, or may do so for all that is known. */
  get mayBegin(): boolean {
    return this.#decoder.idle || this.#decoder.isLost;
  }

  /** Begin without knowing whether a command begins here. */
  lose(position: number): void {
    this.#decoder.lose(position);
  }

  data(bytes: Uint8Array, start: number, end: number, position: number, time: number, packet: number): void {
    // Counted before it is decoded: an event of a command in this span then knows what has been sent.
    this.bytes = position + (end - start) - this.base;
    this.#spoke(time);
    this.meter?.sent(this.bytes, time);
    this.#tap?.data(bytes, start, end, position);
    this.#counter?.sent(end - start, time);
    this.#follower?.data(bytes, start, end, position + this.#offsetShift, time, packet);
    this.#decoder.data(bytes, start, end, position, time, packet);
    this.#tap?.done(this.#decoder.isLost);
  }

  /** `length` bytes at `position` were sent, but not captured. */
  gap(position: number, length: number, time: number, packet: number): void {
    this.bytes = position + length - this.base;
    this.#spoke(time);
    this.meter?.sent(this.bytes, time);
    this.#tap?.gap(position, length);
    this.#counter?.sent(length, time);
    this.#decoder.gap(position, length, time, packet);
  }

  /** What came before `position` was not the stream. */
  rebase(position: number): void {
    this.bytes -= position - this.base;
    this.base = position;
  }

  command(
    name: number,
    bytes: Uint8Array,
    from: number,
    kept: number,
    length: number,
    end: number,
    time: number,
    packet: number,
  ): void {
    this.commands++;
    this.#counts[name] = (this.#counts[name] ?? 0) + 1;
    if (name === SELECT) this.#select(bytes, from, kept, end - this.base);
    else if (name === REPLCONF_GETACK) this.getAcks++;
    else if (name === MULTI) this.#inTransaction = true;
    else if (name === EXEC) this.#inTransaction = false;
    else if (name !== PING && this.database !== null) this.#touch(this.database);
    this.#counter?.command(this.#context.names.name(name), bytes, from, kept, length, this.database, time);
    if (this.#tap !== null) {
      const { names } = this.#context;
      const offset = this.#offsetOf(end - this.base);
      this.#tap.command(length, end, { name: names.name(names.base(name)), database: this.database, offset });
    }
    this.listener?.streamCommand(name, bytes, from, kept, length, end - this.base, time, packet);
    if ((name === DEL || name === UNLINK) && isOfOneKey(bytes, from)) this.#deleted(name, end, time, packet);
  }

  newline(_position: number, time: number, packet: number): void {
    this.listener?.streamNewline(time, packet);
  }

  /** What was lost may have held a SELECT. */
  lost(): void {
    this.database = null;
    this.#inTransaction = false;
  }

  found(position: number, skipped: number, time: number, packet: number): void {
    if (this.commands > 0) {
      this.resyncs++;
      this.#skipped += skipped;
    } else this.foundAt ??= position;
    this.#tap?.found(position, skipped);
    this.listener?.streamFound(skipped, time, packet);
  }

  /** Fills the countable facts. */
  facts(into: StreamFacts): void {
    into.bytes = this.bytes;
    into.commands = this.commands;
    into.getAcks = this.getAcks;
    into.pings = this.#counts[PING] ?? 0;
    into.resyncs = this.resyncs;
    into.skippedBytes = this.#skipped;
    into.lastAt = this.#lastAt;
    into.maxSilenceMs = this.#silence / 1000;
    into.maxSilenceAt = this.#silenceAt;
    into.endsInside = !this.mayBegin;
    into.databases = this.#databases;
    into.byCommand = new Map();
    this.#counts.forEach((count, id) => {
      into.byCommand.set(this.#context.names.name(id), count);
    });
  }

  /** Bytes have come, or are known to have been sent. */
  #spoke(time: number): void {
    if (this.#lastAt !== null && time - this.#lastAt > this.#silence) {
      this.#silence = time - this.#lastAt;
      this.#silenceAt = this.#lastAt;
    }
    this.#lastAt = time;
  }

  #deleted(name: number, end: number, time: number, packet: number): void {
    if (this.#inTransaction || ++this.#deletes < NOTICED_DELETES) return;
    this.#deletes = 0;
    this.listener?.streamDeletes(name, end - this.base, time, packet);
  }

  #select(bytes: Uint8Array, from: number, kept: number, end: number): void {
    const list = readArguments(bytes, from, from + kept, 2);
    const text = argumentText(bytes, list, 1, 12);
    this.database = text !== null && /^\d{1,9}$/.test(text) ? Number(text) : null;
    this.selectedAt = end;
    if (this.database !== null) this.#touch(this.database);
  }

  #touch(database: number): void {
    if (this.#databases.size < MAX_DATABASES) this.#databases.add(database);
  }
}

/** `*2`: the command and one key. */
function isOfOneKey(bytes: Uint8Array, from: number): boolean {
  return bytes[from + 1] === 0x32 && bytes[from + 2] === 0x0d;
}

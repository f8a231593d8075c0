import { toBytes, toText } from './bytes.js';
import { error } from './encode-reply.js';
import type { Database } from './keyspace.js';
import { MAX_ELEMENTS } from './limits.js';
import { parseInt64 } from './numbers.js';
import type { Command, Reply } from './reply.js';
import { emptyValue, sizeOf, type Value, type ValueOf, type ValueType } from './values.js';

/** Ends a command with an error reply. Thrown before anything is changed. */
export class CommandError extends Error {
  get reply(): Reply {
    return error(this.message);
  }
}

export const SYNTAX_ERROR = 'ERR syntax error';
export const NOT_AN_INTEGER = 'ERR value is not an integer or out of range';
export const NOT_POSITIVE = 'ERR value is out of range, must be positive';
const WRONG_TYPE = 'WRONGTYPE Operation against a key holding the wrong kind of value';
export const OUT_OF_MEMORY = "OOM command not allowed when used memory > 'maxmemory'.";

/** What a command does with keys whose time is over. */
export type ExpiryRule =
  /** A master: they go at the first access, with a DEL in the stream. */
  | 'delete'
  /** A client of a replica: they are hidden. */
  | 'hide'
  /** The master's stream: it says itself when they go. */
  | 'ignore';

export interface CallSetting {
  readonly databases: readonly Database[];
  readonly db: number;
  /** ms since the epoch. */
  readonly now: number;
  readonly expiry: ExpiryRule;
  /** From 0 to below 1. */
  readonly random: () => number;
}

/** One command being executed: its arguments, the keys it sees, and what goes into the stream for it. */
export class Call {
  /** The command's words as Latin-1 text, its name first. */
  readonly words: readonly string[];
  readonly db: Database;
  readonly setting: CallSetting;

  readonly #command: Command;
  readonly #expired: Command[] = [];
  #instead: Command[] | null = null;
  #changed = false;

  constructor(command: Command, setting: CallSetting) {
    this.#command = command;
    this.words = command.map(toText);
    this.setting = setting;
    this.db = setting.databases[setting.db]!;
  }

  get now(): number {
    return this.setting.now;
  }

  /** The word at index, the name being 0; the table's arity has seen to it that it is there. */
  word(index: number): string {
    return this.words[index] ?? '';
  }

  /** An option's name is taken in any case. */
  option(index: number): string {
    return this.word(index).toUpperCase();
  }

  /** @throws CommandError when the word is no signed integer of 64 bits */
  integer(index: number, message = NOT_AN_INTEGER): bigint {
    const value = parseInt64(this.word(index));
    if (value === null) throw new CommandError(message);
    return value;
  }

  /** As integer(), for counts and indices, where the last digits of a huge one do not matter. */
  index(index: number): number {
    return Number(this.integer(index));
  }

  /** A count that may not be negative. */
  count(index: number): number {
    const value = this.integer(index, NOT_POSITIVE);
    if (value < 0n) throw new CommandError(NOT_POSITIVE);
    return Number(value);
  }

  /** The value of a key, or null. A key whose time is over is none, and goes if this is a master. */
  lookup(key: string): Value | null {
    const value = this.db.get(key);
    const { expiry, now } = this.setting;
    if (value === null || expiry === 'ignore' || !this.db.isExpired(key, now)) return value;
    if (expiry === 'delete') {
      this.db.delete(key);
      this.#expired.push(commandOf(['DEL', key]));
    }
    return null;
  }

  /** @throws CommandError when the key holds another type */
  typed<T extends ValueType>(key: string, type: T): ValueOf<T> | null {
    const value = this.lookup(key);
    if (value === null) return null;
    if (value.type !== type) throw new CommandError(WRONG_TYPE);
    return value as ValueOf<T>;
  }

  /** As typed(), for a command that adds to the value: an absent one is made, but stands in the database only with store(). */
  forAdding<T extends ValueType>(key: string, type: T): ValueOf<T> {
    const value = this.typed(key, type) ?? emptyValue(type);
    if (sizeOf(value) >= MAX_ELEMENTS) throw new CommandError(OUT_OF_MEMORY);
    return value;
  }

  /** Puts the value under the key and notes the change. Aggregates without elements go, streams excepted. */
  store(key: string, value: Value): void {
    if (value.type !== 'stream' && sizeOf(value) === 0) this.db.delete(key);
    else this.db.set(key, value);
    this.changed();
  }

  /** The data set changed: the command goes into the stream, as it is unless instead() says otherwise. */
  changed(): void {
    this.#changed = true;
  }

  /** The data set changed, and these commands (Latin-1 text) go into the stream in place of the one that came. */
  instead(commands: readonly (readonly string[])[]): void {
    this.#instead = commands.map(commandOf);
  }

  /** What goes into the stream. */
  effects(): Command[] {
    const own = this.#instead ?? (this.#changed ? [this.#command] : []);
    return [...this.#expired, ...own];
  }
}

export function commandOf(words: readonly string[]): Command {
  return words.map(toBytes);
}

export type Handler = (call: Call) => Reply;

/** A data command of the table. */
export interface CommandSpec {
  /** Number of words, the name included; negative: at least so many. */
  readonly arity: number;
  /** It may change the data set: a replica refuses it to its own clients. */
  readonly write: boolean;
  /** It may need more memory: refused when the data set is full. */
  readonly grows: boolean;
  readonly run: Handler;
}

export type CommandTable = Readonly<Record<string, CommandSpec>>;

export function reads(arity: number, run: Handler): CommandSpec {
  return { arity, write: false, grows: false, run };
}

/** A command that writes but never needs more memory. */
export function shrinks(arity: number, run: Handler): CommandSpec {
  return { arity, write: true, grows: false, run };
}

export function adds(arity: number, run: Handler): CommandSpec {
  return { arity, write: true, grows: true, run };
}

import { seededRandom } from '../net/seeded-random.js';
import { toText } from './bytes.js';
import { Call, CommandError, type CommandSpec, commandOf, type ExpiryRule, OUT_OF_MEMORY } from './call.js';
import { dataCommand, hasArity } from './commands.js';
import { digestOf } from './digest.js';
import { error } from './encode-reply.js';
import { Database } from './keyspace.js';
import { DEFAULT_DATABASES, MAX_KEYS, MAX_STRING_BYTES } from './limits.js';
import type { Command, Reply } from './reply.js';

export interface CallContext {
  /** Number of the database that is selected. */
  readonly db: number;
  /** µs since the epoch. */
  readonly now: number;
  /** From the master's stream: executed as it is, no key counts as expired. */
  readonly replicated: boolean;
  /** A client of a replica: a key whose time is over is hidden from it, yet stays until the master's DEL. Not unless told. */
  readonly keepsExpired?: boolean;
}

export interface Outcome {
  readonly reply: Reply;
  /**
   * What goes into the replication stream, in order; empty when nothing changed. May hold the very bytes of the command that came. Where it is more than one command a server of 7.0
   * puts MULTI and EXEC around them, unless they stand in a transaction already.
   */
  readonly effects: readonly Command[];
}

/** What is known of a command before it is executed. */
export interface CommandFacts {
  /** It may change the data set: a replica refuses it to its own clients. */
  readonly write: boolean;
  /** The reply to it as it stands, whatever the keys hold: a wrong number of arguments, as MULTI refuses it at once. */
  readonly error: Reply | null;
}

/** The keys of a server, and the commands that work on them, as Redis 7.0 does. */
export class Dataset {
  readonly databases: readonly Database[];
  readonly #random: () => number;

  /** @param random from 0 to below 1, for SPOP and RANDOMKEY; a seeded one unless given */
  constructor(databases = DEFAULT_DATABASES, random: () => number = seededRandom(1)) {
    this.databases = Array.from({ length: databases }, () => new Database());
    this.#random = random;
  }

  /** @returns null when it is no data command */
  inspect(command: Command): CommandFacts | null {
    const found = specOf(command);
    if (found === null) return null;
    return { write: found.spec.write, error: arityError(found, command.length) };
  }

  /**
   * Executes a command.
   * @returns null when it is no data command: the caller then answers that it is unknown, or handles it itself
   * @throws RangeError when there is no database context.db
   */
  call(command: Command, context: CallContext): Outcome | null {
    const found = specOf(command);
    if (found === null) return null;
    if (this.databases[context.db] === undefined) throw new RangeError(`no database ${context.db}`);
    const refused = arityError(found, command.length) ?? this.#sizeError(found.spec, command);
    if (refused !== null) return { reply: refused, effects: [] };
    const call = new Call(command, {
      databases: this.databases,
      db: context.db,
      now: Math.floor(context.now / 1000),
      expiry: expiryRule(context),
      random: this.#random,
    });
    const reply = run(found.spec, call);
    return { reply, effects: call.effects() };
  }

  /**
   * Takes out keys whose time is over, at most limit of them.
   * @param now µs since the epoch
   * @returns the DELs that a master puts into the stream, each with the number of its database
   */
  expire(now: number, limit: number): { db: number; effect: Command }[] {
    const ms = Math.floor(now / 1000);
    const gone: { db: number; effect: Command }[] = [];
    for (const [db, database] of this.databases.entries()) {
      for (const key of database.expiringKeys()) {
        if (gone.length >= limit) return gone;
        if (!database.isExpired(key, ms)) continue;
        database.delete(key);
        gone.push({ db, effect: commandOf(['DEL', key]) });
      }
    }
    return gone;
  }

  /** Keys of a database, those past their time included. */
  keyCount(db: number): number {
    return this.databases[db]?.size ?? 0;
  }

  totalKeys(): number {
    return this.databases.reduce((sum, { size }) => sum + size, 0);
  }

  /** Numbers of the databases that have keys, in order. */
  usedDatabases(): number[] {
    return [...this.databases.keys()].filter((db) => this.keyCount(db) > 0);
  }

  clear(): void {
    for (const database of this.databases) database.clear();
  }

  /** As DEBUG DIGEST of a real server: 40 hex digits. */
  digest(): string {
    return digestOf(this.databases);
  }

  #sizeError(spec: CommandSpec, command: Command): Reply | null {
    if (!spec.grows) return null;
    const tooLong = command.some((word) => word.length > MAX_STRING_BYTES);
    return tooLong || this.totalKeys() >= MAX_KEYS ? error(OUT_OF_MEMORY) : null;
  }
}

interface Found {
  readonly name: string;
  readonly spec: CommandSpec;
}

function specOf(command: Command): Found | null {
  const name = toText(command[0] ?? new Uint8Array(0)).toLowerCase();
  const spec = dataCommand(name);
  return spec === null ? null : { name, spec };
}

function arityError({ name, spec }: Found, words: number): Reply | null {
  return hasArity(spec, words) ? null : error(`ERR wrong number of arguments for '${name}' command`);
}

function expiryRule({ replicated, keepsExpired }: CallContext): ExpiryRule {
  if (replicated) return 'ignore';
  return keepsExpired === true ? 'hide' : 'delete';
}

function run(spec: CommandSpec, call: Call): Reply {
  try {
    return spec.run(call);
  } catch (failure) {
    if (failure instanceof CommandError) return failure.reply;
    throw failure;
  }
}

import type { Session } from '../replication/model.js';
import type { RawCommand, StreamWatcher } from '../replication/observer.js';
import { hasSecrets, mayHaveSecrets } from '../replication/redact.js';
import { readArguments } from '../resp/arguments.js';

const STAR = 0x2a;
/** Arguments looked at for passwords. */
const MOST_ARGUMENTS = 64;
const encoder = new TextEncoder();
const EXEC = resp('EXEC');

/** What an AofWriter wrote, and what it could not or did not. */
export interface AofFacts {
  /** Commands written, and their bytes; SELECTs and EXECs that were added are not counted. */
  commands: number;
  bytes: number;
  /** Holes of the capture in the streams, and bytes in them. */
  gaps: number;
  missingBytes: number;
  /** Commands not written: with a hole in them, or longer than is held. */
  broken: number;
  oversized: number;
  /** Bytes captured, but with no command to be found in them. */
  skippedBytes: number;
  /** Commands that an earlier session had already brought. */
  repeated: number;
  /** Commands written while it was not known which database they work on. */
  unknownDatabase: number;
  /** Full syncs between the sessions: what changed meanwhile is in their payloads, not in the streams. */
  fullSyncs: number;
  /** Commands not written, since they hold a password. */
  secret: number;
}

/**
 * Makes of the command streams of one link's sessions, in their order, one stream that a server loads: whole commands as arrays of bulk
 * strings. PING and REPLCONF, which are the link's own, are left out; a SELECT is put in wherever the database is known and not the
 * one selected; a transaction that lost its end is closed, one that lost its beginning is written as plain commands.
 */
export class AofWriter {
  readonly facts: AofFacts = {
    commands: 0,
    bytes: 0,
    gaps: 0,
    missingBytes: 0,
    broken: 0,
    oversized: 0,
    skippedBytes: 0,
    repeated: 0,
    unknownDatabase: 0,
    fullSyncs: 0,
    secret: 0,
  };
  readonly #write: (bytes: Uint8Array) => void;
  #selected: number | null = null;
  #inTransaction = false;
  /** Replication offset of the last command written, in the history of the session before. */
  #offset: number | null = null;
  #sessions = 0;

  /** @param write takes what is to be written, in order; the bytes are borrowed until it returns. */
  constructor(write: (bytes: Uint8Array) => void) {
    this.#write = write;
  }

  /** A session's stream begins. */
  begin(session: Session): StreamWatcher {
    this.#closeTransaction();
    const granted = session.syncs.map(({ decision }) => decision);
    const isFull = granted.some((decision) => decision !== 'CONTINUE' && decision !== 'REFUSED');
    if (isFull) {
      this.#offset = null;
      if (this.#sessions > 0) this.facts.fullSyncs++;
    }
    this.#sessions++;
    return {
      command: (command) => this.#command(command),
      missing: (what, bytes) => this.#missing(what, bytes),
    };
  }

  /** No more comes. */
  end(): void {
    this.#closeTransaction();
  }

  #command(command: RawCommand): void {
    const { name, database, offset } = command;
    if (offset !== null && this.#offset !== null && offset <= this.#offset) {
      this.facts.repeated++;
      return;
    }
    this.#offset = offset ?? this.#offset;
    if (name === 'PING' || name === 'REPLCONF') return;
    if (mayHaveSecrets(name) && isSecret(command)) {
      this.facts.secret++;
      return;
    }
    if (name === 'EXEC' && !this.#inTransaction) return;
    if (name === 'SELECT') this.#selected = database;
    else if (name !== 'MULTI' && name !== 'EXEC') this.#select(database);
    if (name === 'MULTI') this.#closeTransaction();
    if (name === 'MULTI' || name === 'EXEC') this.#inTransaction = name === 'MULTI';
    this.#put(command.parts);
  }

  #select(database: number | null): void {
    if (database === null) {
      this.facts.unknownDatabase++;
      return;
    }
    if (database === this.#selected) return;
    this.#write(resp('SELECT', String(database)));
    this.#selected = database;
  }

  #put(parts: readonly Uint8Array[]): void {
    this.facts.commands++;
    const arrays = parts[0]![0] === STAR ? parts : [fromInline(parts)];
    for (const bytes of arrays) {
      this.facts.bytes += bytes.length;
      this.#write(bytes);
    }
  }

  #missing(what: Parameters<StreamWatcher['missing']>[0], bytes: number): void {
    const { facts } = this;
    if (what === 'gap') {
      facts.gaps++;
      facts.missingBytes += bytes;
      // Commands may be lost in it, an EXEC among them.
      this.#closeTransaction();
    } else if (what === 'skipped') facts.skippedBytes += bytes;
    else facts[what]++;
  }

  #closeTransaction(): void {
    if (!this.#inTransaction) return;
    this.#inTransaction = false;
    this.#write(EXEC);
  }
}

/** No server replicates a command that sets a password; what does so all the same is not handed on. */
function isSecret({ parts }: RawCommand): boolean {
  const bytes = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
  return hasSecrets(bytes, readArguments(bytes, 0, bytes.length, MOST_ARGUMENTS));
}

/** An inline line as an array. */
function fromInline(parts: readonly Uint8Array[]): Uint8Array {
  const line = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
  const { ranges } = readArguments(line, 0, line.length, Number.POSITIVE_INFINITY);
  const words: Uint8Array[] = [];
  for (let i = 0; i < ranges.length; i += 2) words.push(line.subarray(ranges[i]!, ranges[i + 1]!));
  return bulkArray(words);
}

function resp(...words: string[]): Uint8Array {
  return bulkArray(words.map((word) => encoder.encode(word)));
}

function bulkArray(words: readonly Uint8Array[]): Uint8Array {
  const end = encoder.encode('\r\n');
  const pieces = words.flatMap((word) => [encoder.encode(`$${word.length}\r\n`), word, end]);
  return Buffer.concat([encoder.encode(`*${words.length}\r\n`), ...pieces]);
}

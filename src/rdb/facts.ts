import { MAX_AUX_FIELDS, MAX_DATABASES } from './limits.js';
import { INTEGER, RAW } from './reader.js';
import type { RdbKey } from './sink.js';
import { type Magic, objectType } from './types.js';

/**
 * valid, invalid: by the CRC; disabled: the master wrote none (8 zero bytes); absent: a version before 5 has none; unchecked: its
 * place was not reached.
 */
export type RdbChecksum = 'valid' | 'invalid' | 'disabled' | 'absent' | 'unchecked';

export interface RdbDatabase {
  keys: number;
  expires: number;
  /** What RESIZEDB announced, or null. */
  sizeHint: { keys: number; expires: number } | null;
}

/**
 * What is known of a payload. Counts are of whole records; with `complete` false they are of the part before the break. Level
 * 'framing' does not count: its nulls.
 */
export interface RdbPayloadFacts {
  magic: Magic | null;
  version: number | null;
  /** Auxiliary fields by name, the first of each name, Latin-1 text. */
  aux: ReadonlyMap<string, string>;
  /** Version of the server that wrote it (redis-ver or valkey-ver). */
  server: string | null;
  keys: number | null;
  /** Keys with an expiry. */
  expires: number | null;
  /** Databases that have keys, by number. */
  databases: Record<string, RdbDatabase> | null;
  /** Keys by logical type. */
  types: Record<string, number> | null;
  /** Keys by logical type and encoding (see RdbKey.encoding). */
  encodings: Record<string, Record<string, number>> | null;
  /** Function libraries. */
  functions: number | null;
  /** Payload bytes fed, those behind the checksum excepted. */
  position: number;
  /** Bytes fed behind the checksum. */
  trailingBytes: number;
  checksum: RdbChecksum;
  /** The EOF opcode and what stands behind it were reached. */
  complete: boolean;
  /** The first thing that does not follow the format, and where it stands. Null with `complete` false: the payload broke off. */
  error: { message: string; position: number } | null;
}

/** How a string came: the encodings of type 0 by form. */
export function stringEncoding(form: number): string {
  if (form === RAW) return 'raw';
  return form === INTEGER ? 'int' : 'lzf';
}

/** The counters behind the facts, cheap enough for every key. */
export class RdbCounts {
  keys = 0;
  expires = 0;
  functions = 0;
  readonly aux = new Map<string, string>();

  readonly #byType = new Float64Array(256);
  readonly #byForm = new Float64Array(3);
  readonly #databases = new Map<number, RdbDatabase>();
  #database: RdbDatabase = { keys: 0, expires: 0, sizeHint: null };
  #selected = false;

  selectDb(db: number): void {
    this.#selected = true;
    const known = this.#databases.get(db);
    this.#database = known ?? { keys: 0, expires: 0, sizeHint: null };
    if (known === undefined && this.#databases.size < MAX_DATABASES) this.#databases.set(db, this.#database);
  }

  resizeDb(keys: number, expires: number): void {
    if (!this.#selected) this.selectDb(0);
    this.#database.sizeHint = { keys, expires };
  }

  /** A record is complete; `form` is that of its last string. */
  key(typeId: number, form: number, expires: boolean): void {
    if (!this.#selected) this.selectDb(0);
    this.keys++;
    this.#database.keys++;
    this.#byType[typeId]!++;
    if (typeId === 0) this.#byForm[form]!++;
    if (expires) {
      this.expires++;
      this.#database.expires++;
    }
  }

  addAux(key: string, value: string): void {
    if (this.aux.size < MAX_AUX_FIELDS && !this.aux.has(key)) this.aux.set(key, value);
  }

  databases(): Record<string, RdbDatabase> {
    const result: Record<string, RdbDatabase> = {};
    for (const [db, counts] of this.#databases) if (counts.keys > 0) result[db] = { ...counts };
    return result;
  }

  types(magic: Magic): Record<string, number> {
    const result: Record<string, number> = {};
    for (const [type, byEncoding] of Object.entries(this.encodings(magic))) {
      result[type] = Object.values(byEncoding).reduce((sum, each) => sum + each, 0);
    }
    return result;
  }

  encodings(magic: Magic): Record<RdbKey['type'], Record<string, number>> {
    const result: Record<string, Record<string, number>> = {};
    const add = (type: string, encoding: string, count: number) => {
      if (count === 0) return;
      result[type] ??= {};
      result[type][encoding] = (result[type][encoding] ?? 0) + count;
    };
    this.#byForm.forEach((count, form) => {
      add('string', stringEncoding(form), count);
    });
    for (let id = 1; id < this.#byType.length; id++) {
      const known = objectType(id, magic);
      if (known !== null) add(known.type, known.encoding, this.#byType[id]!);
    }
    return result;
  }
}

import { MAX_AUX_FIELDS, MAX_DATABASES } from './limits.js';
import { INTEGER, RAW } from './reader.js';
import type { RdbKey } from './sink.js';
import type { RankedKey } from './top-keys.js';
import { type Magic, objectType, TYPE_IDS } from './types.js';

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

/** All keys of one logical type. */
export interface RdbTypeFacts {
  keys: number;
  /** Elements of their values, as RdbKey counts them; null when the layout of one of them hides its count. */
  elements: number | null;
  /** Bytes of their records on the wire. */
  bytes: number;
  /** Keys by encoding (see RdbKey.encoding). */
  encodings: Record<string, number>;
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
  /** Those of them whose expiry lay before `asOf`; null while that is not known. */
  expired: number | null;
  /** Databases that have keys, by number. */
  databases: Record<string, RdbDatabase> | null;
  /** Keys by logical type. */
  types: Record<string, number> | null;
  /** Keys by logical type and encoding (see RdbKey.encoding). */
  encodings: Record<string, Record<string, number>> | null;
  /** Keys, elements and bytes by logical type. */
  byType: Record<string, RdbTypeFacts> | null;
  /** The keys with the most bytes and with the most elements (no strings among these); null unless a number of them was asked for. */
  biggest: { byBytes: RankedKey[]; byElements: RankedKey[] } | null;
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
  /** Expiries before this time (ms since the epoch) are past; null: not known. */
  asOf: number | null = null;
  expired = 0;
  readonly aux = new Map<string, string>();

  readonly #byType = new Float64Array(TYPE_IDS);
  readonly #bytes = new Float64Array(TYPE_IDS);
  /** NaN from the first value on whose count is hidden. */
  readonly #elements = new Float64Array(TYPE_IDS);
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

  /** A record of `bytes` with `elements` (NaN: not known) is complete; `form` is that of its last string. */
  key(typeId: number, form: number, elements: number, bytes: number, expiresAt: number | null): void {
    if (!this.#selected) this.selectDb(0);
    this.keys++;
    this.#database.keys++;
    this.#byType[typeId]!++;
    this.#bytes[typeId]! += bytes;
    this.#elements[typeId]! += elements;
    if (typeId === 0) this.#byForm[form]!++;
    if (expiresAt !== null) {
      this.expires++;
      this.#database.expires++;
      if (this.asOf !== null && expiresAt < this.asOf) this.expired++;
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

  byType(magic: Magic): Record<RdbKey['type'], RdbTypeFacts> {
    const result: Record<string, RdbTypeFacts> = {};
    for (const [type, encodings] of Object.entries(this.encodings(magic))) {
      const keys = Object.values(encodings).reduce((sum, each) => sum + each, 0);
      result[type] = { keys, elements: 0, bytes: 0, encodings };
    }
    for (let id = 0; id < this.#byType.length; id++) {
      const type = this.#byType[id] === 0 ? undefined : objectType(id, magic)?.type;
      if (type === undefined) continue;
      const facts = result[type]!;
      facts.bytes += this.#bytes[id]!;
      const elements = (facts.elements ?? Number.NaN) + this.#elements[id]!;
      facts.elements = Number.isNaN(elements) ? null : elements;
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

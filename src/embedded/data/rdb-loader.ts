import { RdbDecoder } from '../../rdb/decoder.js';
import type { RdbElement, RdbKey } from '../../rdb/sink.js';
import { toText } from './bytes.js';
import type { Dataset } from './dataset.js';
import type { Database } from './keyspace.js';
import { MAX_ELEMENTS, MAX_KEYS, MAX_STRING_BYTES } from './limits.js';
import { parseId } from './stream-id.js';
import { emptyValue, sizeOf, type Value, type ValueOf, type ValueType } from './values.js';

/** Bytes of a packed container: a quicklist's node of many large elements, at most. */
const MAX_BLOB_BYTES = 2 * MAX_STRING_BYTES;

/**
 * Loads an RDB payload into a data set, fed span by span. Consumer groups, functions and what modules keep beside the keys are left
 * out; a key whose value cannot be held makes the load fail. Keys past their time are loaded, as a replica does.
 */
export class RdbLoader {
  readonly #into: Dataset;
  readonly #aux = new Map<string, string>();
  readonly #decoder: RdbDecoder;
  #db = 0;
  #value: Value | null = null;
  #failure: string | null = null;

  /** @param into is cleared first */
  constructor(into: Dataset) {
    this.#into = into;
    into.clear();
    this.#decoder = new RdbDecoder({
      level: 'elements',
      limits: { keyBytes: MAX_STRING_BYTES, elementBytes: MAX_STRING_BYTES, blobBytes: MAX_BLOB_BYTES },
      sink: {
        aux: (name, value) => this.#aux.set(name, value),
        selectDb: (db) => {
          this.#db = db;
        },
        element: (element) => this.#element(element),
        key: (key) => this.#key(key),
      },
    });
  }

  /** Auxiliary fields that have come by now, Latin-1 text. */
  get aux(): ReadonlyMap<string, string> {
    return this.#aux;
  }

  /** Takes the next bytes of the payload; borrowed for the call. Once loading has failed they are ignored. */
  write(bytes: Uint8Array): void {
    if (this.#failure === null) this.#decoder.feed(bytes, 0, bytes.length);
  }

  /**
   * No more bytes come.
   * @returns null when all is loaded, else why not, as a server's log words it; the data set then holds a part
   */
  end(): string | null {
    this.#decoder.end();
    const { error, complete, checksum } = this.#decoder.facts;
    if (this.#failure !== null) return this.#failure;
    if (error !== null) return `Bad data format at offset ${error.position}: ${error.message}`;
    if (!complete) return 'Unexpected EOF reading RDB file';
    return checksum === 'invalid' ? 'Wrong RDB checksum' : null;
  }

  #element(element: RdbElement): void {
    if (this.#failure !== null) return;
    switch (element.kind) {
      case 'string':
        this.#gathering('string').text = toText(element.value);
        break;
      case 'list':
        this.#gathering('list').items.push(toText(element.value));
        break;
      case 'set':
        this.#gathering('set').members.add(toText(element.member));
        break;
      case 'zset':
        this.#gathering('zset').scores.set(toText(element.member), element.score);
        break;
      case 'hash':
        this.#gathering('hash').fields.set(toText(element.field), toText(element.value));
        break;
      case 'stream-entry':
        this.#gathering('stream').stream.append(parseId(element.id)!, element.fields.map(toText));
        break;
      case 'stream':
        this.#streamFacts(element);
        break;
      case 'array':
      case 'module':
        this.#failure = `The value of a key is of a type that is not supported: ${element.kind}`;
    }
    if (this.#value !== null && sizeOf(this.#value) > MAX_ELEMENTS)
      this.#failure = 'A value has too many elements';
  }

  #streamFacts({ lastId, maxDeletedId, entriesAdded }: Extract<RdbElement, { kind: 'stream' }>): void {
    const { stream } = this.#gathering('stream');
    stream.lastId = parseId(lastId)!;
    stream.maxDeletedId = parseId(maxDeletedId ?? '0-0')!;
    stream.added = entriesAdded ?? BigInt(stream.length);
  }

  /** The value of the record that is being read. All elements of a record are of one type. */
  #gathering<T extends ValueType>(type: T): ValueOf<T> {
    this.#value ??= emptyValue(type);
    return this.#value as ValueOf<T>;
  }

  #key(key: RdbKey): void {
    const value = this.#value;
    this.#value = null;
    if (this.#failure !== null) return;
    const db = this.#into.databases[this.#db];
    const name = toText(key.key);
    this.#failure = this.#objection(key, name, db);
    // Servers leave out aggregates without elements, too.
    if (this.#failure !== null || db === undefined || value === null) return;
    db.set(name, value);
    db.setExpiry(name, key.expiresAt);
  }

  #objection(key: RdbKey, name: string, db: Database | undefined): string | null {
    if (db === undefined) {
      const most = this.#into.databases.length;
      return `Data file was created with a Redis server configured to handle more than ${most} databases`;
    }
    if (key.cut || key.keyLength > key.key.length) return 'A key or value is too large';
    if (db.get(name) !== null) return `RDB has a duplicated key in DB ${this.#db}`;
    return this.#into.totalKeys() >= MAX_KEYS ? 'Too many keys' : null;
  }
}

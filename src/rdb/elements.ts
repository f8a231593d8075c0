import { IntsetCursor } from './intset.js';
import { ListpackCursor } from './listpack.js';
import { double, int64, int64Number } from './little-endian.js';
import { moduleName } from './module-id.js';
import type { PackedCursor, PackedKind } from './packed.js';
import type { TokenReader } from './reader.js';
import * as R from './roles.js';
import type { RdbElement } from './sink.js';
import { entryBytes, walkStreamNode } from './stream-node.js';
import type { StringValue } from './string-value.js';
import { parseScore, type TokenHandler } from './walker.js';
import { ZiplistCursor } from './ziplist.js';
import { ZipmapCursor } from './zipmap.js';

const NO_BYTES = new Uint8Array(0);
/** "Entries read" of a group that does not know it. */
const UNKNOWN_READ = 0xffff_ffff_ffff_ffffn;

/**
 * Level 'elements': makes elements of the tokens of one value. What belongs together comes in several tokens, so the earlier ones
 * are kept (copied) until the last is there.
 */
export class ElementAssembler implements TokenHandler {
  /** Something of the current record was cut or left out. */
  cut = false;

  readonly #emit: (element: RdbElement) => void;
  readonly #cursors: Record<PackedKind, PackedCursor> = {
    intset: new IntsetCursor(),
    listpack: new ListpackCursor(),
    ziplist: new ZiplistCursor(),
    zipmap: new ZipmapCursor(),
  };
  /** Member, field or producer whose other half is still to come, and a hash value before its expiry. */
  #first: Uint8Array = NO_BYTES;
  #second: Uint8Array = NO_BYTES;
  #expiresAt: number | null = null;
  #leastExpiry = 0;
  #index = 0n;
  #module = '';
  #nodeMs = 0n;
  #nodeSeq = 0n;
  /** First half of an id that comes as two lengths. */
  #half: bigint | null = null;
  #id = '';
  #deliveredAt = 0;
  #group: Uint8Array = NO_BYTES;
  #consumer: Uint8Array = NO_BYTES;
  /** Stream, group or consumer, whose last parts depend on the version: told when the next thing begins. */
  #held: Extract<RdbElement, { kind: 'stream' | 'stream-group' | 'stream-consumer' }> | null = null;

  constructor(emit: (element: RdbElement) => void) {
    this.#emit = emit;
  }

  /** The record begins. */
  begin(): void {
    this.cut = false;
    this.#half = null;
    this.#held = null;
  }

  /** The record is complete. */
  finish(): void {
    this.#flush();
  }

  string(role: number, value: StringValue): void {
    if (value.cut) this.cut = true;
    switch (role) {
      case R.STRING_VALUE:
        this.#emit({ kind: 'string', value: value.view() });
        break;
      case R.LIST_VALUE:
        this.#emit({ kind: 'list', value: value.view() });
        break;
      case R.SET_MEMBER:
        this.#emit({ kind: 'set', member: value.view() });
        break;
      case R.ZSET_MEMBER:
      case R.HASH_FIELD:
      case R.PRODUCER_NAME:
        this.#flush();
        this.#first = value.copy();
        break;
      case R.HASH_VALUE:
        this.#emit({ kind: 'hash', field: this.#first, value: value.view(), expiresAt: this.#expiresAt });
        this.#expiresAt = null;
        break;
      case R.HASH_VALUE_FIRST:
      case R.PRODUCER_ENTRY:
        this.#second = value.copy();
        break;
      case R.ARRAY_VALUE:
        this.#emit({ kind: 'array', index: this.#index, value: value.view() });
        break;
      case R.MODULE_VALUE:
        this.#emit({ kind: 'module', module: this.#module, value: value.view() });
        break;
      case R.STREAM_NODE_KEY:
        this.#nodeMs = idHalf(value.bytes, value.from);
        this.#nodeSeq = idHalf(value.bytes, value.from + 8);
        break;
      case R.GROUP_NAME:
        this.#flush();
        this.#group = value.copy();
        this.#held = { kind: 'stream-group', group: this.#group, lastId: '0-0', entriesRead: null };
        break;
      case R.CONSUMER_NAME:
        this.#flush();
        this.#consumer = value.copy();
        this.#held = {
          kind: 'stream-consumer',
          group: this.#group,
          consumer: this.#consumer,
          seenAt: 0,
          activeAt: null,
        };
        break;
    }
  }

  number(role: number, reader: TokenReader): void {
    switch (role) {
      case R.HASH_TTL_ABSOLUTE:
        this.#expiresAt = reader.value === 0 ? null : reader.value;
        break;
      case R.HASH_TTL_RELATIVE:
        this.#expiresAt = reader.value === 0 ? null : this.#leastExpiry + reader.value - 1;
        break;
      case R.ARRAY_INDEX:
        this.#index = reader.wide();
        break;
      case R.MODULE_ID:
        this.#module = moduleName(reader.wide()).name;
        break;
      case R.GROUP_READ:
        if (this.#held?.kind === 'stream-group') {
          const read = reader.wide();
          this.#held.entriesRead = read === UNKNOWN_READ ? null : read;
        }
        break;
      case R.STREAM_ADDED:
        if (this.#held?.kind === 'stream') this.#held.entriesAdded = reader.wide();
        break;
      case R.GROUP_PENDING_COUNT:
        this.#emit({
          kind: 'stream-pending',
          group: this.#group,
          id: this.#id,
          deliveredAt: this.#deliveredAt,
          deliveries: reader.value,
        });
        break;
      default:
        this.#idPart(role, reader.wide());
    }
  }

  bytes(role: number, bytes: Uint8Array, at: number): void {
    switch (role) {
      case R.ZSET_SCORE:
        this.#emit({ kind: 'zset', member: this.#first, score: double(bytes, at) });
        break;
      case R.HASH_LEAST_EXPIRY:
        this.#leastExpiry = int64Number(bytes, at);
        break;
      case R.HASH_EXPIRY: {
        const time = int64Number(bytes, at);
        const expiresAt = time === -1 ? null : time;
        this.#emit({ kind: 'hash', field: this.#first, value: this.#second, expiresAt });
        break;
      }
      case R.GROUP_PENDING_ID:
        this.#flush();
        this.#id = idText(bytes, at);
        break;
      case R.GROUP_PENDING_TIME:
        this.#deliveredAt = int64Number(bytes, at);
        break;
      case R.CONSUMER_SEEN:
        if (this.#held?.kind === 'stream-consumer') this.#held.seenAt = int64Number(bytes, at);
        break;
      case R.CONSUMER_ACTIVE:
        if (this.#held?.kind === 'stream-consumer') {
          const active = int64(bytes, at);
          this.#held.activeAt = active === -1n ? null : Number(active);
        }
        break;
      case R.CONSUMER_PENDING_ID:
        this.#flush();
        this.#emit({
          kind: 'stream-owner',
          group: this.#group,
          consumer: this.#consumer,
          id: idText(bytes, at),
        });
        break;
      case R.GROUP_NACKED_ID:
        this.#flush();
        this.#emit({ kind: 'stream-nacked', group: this.#group, id: idText(bytes, at) });
        break;
    }
  }

  scalar(role: number, value: number | bigint): void {
    if (role === R.ZSET_SCORE) this.#emit({ kind: 'zset', member: this.#first, score: Number(value) });
    else if (role === R.ARRAY_VALUE) this.#emit({ kind: 'array', index: this.#index, value });
    else this.#emit({ kind: 'module', module: this.#module, value });
  }

  packed(role: number, kind: PackedKind, value: StringValue): number {
    const cursor = this.#cursors[kind];
    cursor.open(value.bytes, value.from, value.to);
    if (role === R.STREAM_NODE) {
      const emit = this.#emit;
      walkStreamNode(cursor, this.#nodeMs, this.#nodeSeq, (id, fields) => {
        emit({ kind: 'stream-entry', id, fields });
      });
    } else {
      while (cursor.next()) this.#packedElement(role, cursor);
    }
    cursor.close();
    return cursor.count;
  }

  left(): void {
    this.cut = true;
  }

  /** Tells the element that begins with the cursor's entry. */
  #packedElement(role: number, cursor: PackedCursor): void {
    const first = entryBytes(cursor);
    if (role === R.LIST_VALUE) this.#emit({ kind: 'list', value: first });
    else if (role === R.SET_MEMBER) this.#emit({ kind: 'set', member: first });
    else {
      if (!cursor.next()) throw cursor.fault('half a pair');
      if (role === R.ZSET_MEMBER) {
        const score = parseScore(cursor.text());
        if (Number.isNaN(score)) throw cursor.fault('a score is required');
        this.#emit({ kind: 'zset', member: first, score });
        return;
      }
      const value = entryBytes(cursor);
      let expiresAt: number | null = null;
      if (role === R.HASH_TRIPLES) {
        if (!cursor.next()) throw cursor.fault('a pair without its expiry');
        expiresAt = Number(cursor.requireInteger());
      }
      this.#emit({ kind: 'hash', field: first, value, expiresAt: expiresAt === 0 ? null : expiresAt });
    }
  }

  /** One half of an id that comes as two lengths: ms, then seq. */
  #idPart(role: number, value: bigint): void {
    if (this.#half === null) {
      this.#half = value;
      return;
    }
    const id = `${this.#half}-${value}`;
    this.#half = null;
    if (role === R.STREAM_LAST_ID) {
      this.#held = { kind: 'stream', lastId: id, firstId: null, maxDeletedId: null, entriesAdded: null };
    } else if (role === R.PRODUCER_ID) {
      this.#emit({ kind: 'stream-produced', producer: this.#first, message: this.#second, id });
    } else if (this.#held?.kind === 'stream') {
      if (role === R.STREAM_FIRST_ID) this.#held.firstId = id;
      else this.#held.maxDeletedId = id;
    } else if (this.#held?.kind === 'stream-group') this.#held.lastId = id;
  }

  #flush(): void {
    if (this.#held === null) return;
    this.#emit(this.#held);
    this.#held = null;
  }
}

/** A big-endian 64-bit half of a stream id. */
function idHalf(bytes: Uint8Array, at: number): bigint {
  let value = 0n;
  for (let i = 0; i < 8; i++) value = (value << 8n) | BigInt(bytes[at + i]!);
  return value;
}

function idText(bytes: Uint8Array, at: number): string {
  return `${idHalf(bytes, at)}-${idHalf(bytes, at + 8)}`;
}

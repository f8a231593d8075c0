import { MAX_NAME_BYTES, MAX_NAMES } from './limits.js';

/** Commands whose first word alone says little: the second word is part of the counted name. */
export const CONTAINERS: readonly string[] = [
  'ACL',
  'CLIENT',
  'CLUSTER',
  'COMMAND',
  'CONFIG',
  'DEBUG',
  'FUNCTION',
  'LATENCY',
  'MEMORY',
  'MODULE',
  'OBJECT',
  'PUBSUB',
  'REPLCONF',
  'SCRIPT',
  'SENTINEL',
  'SLOWLOG',
  'XGROUP',
  'XINFO',
];

/** Names that the analyzer itself acts on, at fixed ids so that a comparison is one integer. */
const FIXED = [
  '(other)',
  'PING',
  'SELECT',
  'REPLCONF',
  'PSYNC',
  'SYNC',
  'AUTH',
  'HELLO',
  'MULTI',
  'EXEC',
  'REPLCONF ACK',
  'REPLCONF GETACK',
  'DEL',
  'UNLINK',
  'CLIENT',
  'CLUSTER',
  'REPLICAOF',
  'SLAVEOF',
  'FAILOVER',
  'PUBLISH',
];

export const OTHER = 0;
export const PING = 1;
export const SELECT = 2;
export const REPLCONF = 3;
export const PSYNC = 4;
export const SYNC = 5;
export const AUTH = 6;
export const HELLO = 7;
export const MULTI = 8;
export const EXEC = 9;
export const REPLCONF_GETACK = 11;
export const DEL = 12;
export const UNLINK = 13;
export const CLIENT = 14;
export const CLUSTER = 15;
export const REPLICAOF = 16;
export const SLAVEOF = 17;
export const FAILOVER = 18;
export const PUBLISH = 19;

const SLOTS = 8192;
const BLANK = 0x20;

/**
 * Command names as small integers, found by their bytes without making a string. Case is folded (`ping` is `PING`). Names that
 * are not known, hold other bytes than printable ASCII, are too long, or come when MAX_NAMES are known, have the id OTHER.
 */
export class CommandNames {
  /** Commands that would have been counted under a name of their own, had there been fewer names. */
  unnamed = 0;
  readonly #names: string[] = [];
  readonly #bytes: Uint8Array[] = [];
  readonly #container: boolean[] = [];
  /** Id of a name's first word. */
  readonly #base: number[] = [];
  readonly #slots = new Int32Array(SLOTS).fill(-1);

  constructor() {
    for (const name of FIXED) this.#add(name);
    for (const name of CONTAINERS) if (!FIXED.includes(name)) this.#add(name);
    for (const name of CONTAINERS) this.#container[this.#names.indexOf(name)] = true;
    for (let id = 0; id < this.#names.length; id++) {
      const first = this.#names[id]!.split(' ', 1)[0]!;
      this.#base[id] = this.#names.indexOf(first);
    }
  }

  /** Upper-case name of an id. */
  name(id: number): string {
    return this.#names[id]!;
  }

  /** Id of a name's first word: REPLCONF for `REPLCONF ACK`. */
  base(id: number): number {
    return this.#base[id]!;
  }

  /** True when commands of that id are counted with their second word. */
  isContainer(id: number): boolean {
    return this.#container[id] === true;
  }

  /** Id of the name in bytes[start, end). A new one is learnt when `learn` is set. */
  id(bytes: Uint8Array, start: number, end: number, learn: boolean): number {
    return this.#find(bytes, start, end, 0, 0, learn);
  }

  /** Id of `FIRST SECOND`, the words at [start, end) and [start2, end2); that of FIRST where the two are not known. */
  subcommand(
    first: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    start2: number,
    end2: number,
  ): number {
    if (end2 <= start2) return first;
    const id = this.#find(bytes, start, end, start2, end2, true);
    if (id === OTHER) return first;
    this.#base[id] = first;
    return id;
  }

  #find(bytes: Uint8Array, start: number, end: number, start2: number, end2: number, learn: boolean): number {
    const length = end - start + (end2 > start2 ? 1 + end2 - start2 : 0);
    if (end === start || length > MAX_NAME_BYTES) return OTHER;
    let hash = length;
    for (let i = start; i < end; i++) hash = (Math.imul(hash, 31) + (bytes[i]! | 0x20)) | 0;
    if (end2 > start2) {
      hash = (Math.imul(hash, 31) + BLANK) | 0;
      for (let i = start2; i < end2; i++) hash = (Math.imul(hash, 31) + (bytes[i]! | 0x20)) | 0;
    }
    let slot = slotOf(hash);
    for (;;) {
      const id = this.#slots[slot]!;
      if (id < 0) break;
      if (this.#same(id, length, bytes, start, end, start2, end2)) return id;
      slot = (slot + 1) & (SLOTS - 1);
    }
    return learn ? this.#learn(bytes, start, end, start2, end2) : OTHER;
  }

  /** A name that was not met before. Apart from the search, which then stays small enough to be inlined. */
  #learn(bytes: Uint8Array, start: number, end: number, start2: number, end2: number): number {
    if (this.#names.length >= MAX_NAMES) {
      this.unnamed++;
      return OTHER;
    }
    const first = printable(bytes, start, end);
    const second = end2 > start2 ? printable(bytes, start2, end2) : '';
    if (first === null || second === null) return OTHER;
    return this.#add(second === '' ? first : `${first} ${second}`);
  }

  #same(
    id: number,
    length: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    start2: number,
    end2: number,
  ): boolean {
    const known = this.#bytes[id]!;
    if (known.length !== length) return false;
    let at = 0;
    for (let i = start; i < end; i++) if (upper(bytes[i]!) !== known[at++]) return false;
    if (end2 <= start2) return true;
    if (known[at++] !== BLANK) return false;
    for (let i = start2; i < end2; i++) if (upper(bytes[i]!) !== known[at++]) return false;
    return true;
  }

  #add(name: string): number {
    const id = this.#names.length;
    const bytes = new Uint8Array(name.length);
    let hash = name.length;
    for (let i = 0; i < name.length; i++) {
      bytes[i] = name.charCodeAt(i);
      hash = (Math.imul(hash, 31) + (bytes[i]! | 0x20)) | 0;
    }
    let slot = slotOf(hash);
    while (this.#slots[slot]! >= 0) slot = (slot + 1) & (SLOTS - 1);
    this.#slots[slot] = id;
    this.#names.push(name);
    this.#bytes.push(bytes);
    this.#container.push(false);
    this.#base.push(id);
    return id;
  }
}

function slotOf(hash: number): number {
  return (hash ^ (hash >>> 13)) & (SLOTS - 1);
}

function upper(byte: number): number {
  return byte >= 0x61 && byte <= 0x7a ? byte - 0x20 : byte;
}

/** Upper-cased text of a name, or null when it holds other than printable, blank-free ASCII. */
function printable(bytes: Uint8Array, start: number, end: number): string | null {
  let text = '';
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!;
    if (byte <= BLANK || byte >= 0x7f) return null;
    text += String.fromCharCode(upper(byte));
  }
  return text;
}

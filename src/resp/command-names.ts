import { MAX_NAME_BYTES, MAX_NAMES } from './limits.js';

/** Commands whose first word alone says little: the second word is part of the counted name. */
const CONTAINERS = [
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
] as const;

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

const SLOTS = 8192;

/**
 * Command names as small integers, found by their bytes without making a string. Case is folded (`ping` is `PING`); names with
 * other bytes than printable ASCII, too long ones, and those beyond MAX_NAMES share the id OTHER.
 */
export class CommandNames {
  readonly #names: string[] = [];
  readonly #bytes: Uint8Array[] = [];
  readonly #container: boolean[] = [];
  /** Id of the first word: of a subcommand its container's, else the id itself. */
  readonly #base: number[] = [];
  readonly #slots = new Int32Array(SLOTS).fill(-1);

  constructor() {
    for (const name of FIXED) this.#add(name);
    for (const name of CONTAINERS) this.#container[this.#idOf(name)] = true;
  }

  /** Upper-case name of an id. */
  name(id: number): string {
    return this.#names[id]!;
  }

  /** Id of the name in bytes[start, end). */
  id(bytes: Uint8Array, start: number, end: number): number {
    const length = end - start;
    if (length === 0 || length > MAX_NAME_BYTES) return OTHER;
    let hash = length;
    for (let i = start; i < end; i++) hash = (Math.imul(hash, 31) + (bytes[i]! | 0x20)) | 0;
    let slot = (hash ^ (hash >>> 13)) & (SLOTS - 1);
    for (;;) {
      const id = this.#slots[slot]!;
      if (id < 0) return this.#learn(bytes, start, end);
      if (this.#same(id, bytes, start, length)) return id;
      slot = (slot + 1) & (SLOTS - 1);
    }
  }

  /** Id of a name's first word: REPLCONF for `REPLCONF ACK`. */
  base(id: number): number {
    return this.#base[id]!;
  }

  /** True when commands of that id are counted with their second word. */
  isContainer(id: number): boolean {
    return this.#container[id] === true;
  }

  /** Id of `FIRST SECOND` for a container command. */
  subcommand(id: number, bytes: Uint8Array, start: number, end: number): number {
    if (end - start > MAX_NAME_BYTES - 16) return id;
    const second = printable(bytes, start, end);
    if (second === null) return id;
    const joined = this.#idOf(`${this.#names[id]} ${second}`);
    if (joined === OTHER) return id;
    this.#base[joined] = id;
    return joined;
  }

  #same(id: number, bytes: Uint8Array, start: number, length: number): boolean {
    const known = this.#bytes[id]!;
    if (known.length !== length) return false;
    for (let i = 0; i < length; i++) {
      let byte = bytes[start + i]!;
      if (byte >= 0x61 && byte <= 0x7a) byte -= 0x20;
      if (byte !== known[i]) return false;
    }
    return true;
  }

  #learn(bytes: Uint8Array, start: number, end: number): number {
    const name = printable(bytes, start, end);
    if (name === null || this.#names.length >= MAX_NAMES) return OTHER;
    return this.#add(name);
  }

  #idOf(name: string): number {
    const bytes = new Uint8Array(name.length);
    for (let i = 0; i < name.length; i++) bytes[i] = name.charCodeAt(i);
    return this.id(bytes, 0, bytes.length);
  }

  #add(name: string): number {
    const id = this.#names.length;
    const bytes = new Uint8Array(name.length);
    let hash = name.length;
    for (let i = 0; i < name.length; i++) {
      bytes[i] = name.charCodeAt(i);
      hash = (Math.imul(hash, 31) + (bytes[i]! | 0x20)) | 0;
    }
    let slot = (hash ^ (hash >>> 13)) & (SLOTS - 1);
    while (this.#slots[slot]! >= 0) slot = (slot + 1) & (SLOTS - 1);
    this.#slots[slot] = id;
    this.#names.push(name);
    this.#bytes.push(bytes);
    this.#container.push(false);
    this.#base.push(id);
    return id;
  }
}

/** Upper-cased ASCII text of a name, or null when it holds other than printable ASCII. */
function printable(bytes: Uint8Array, start: number, end: number): string | null {
  let text = '';
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!;
    if (byte < 0x20 || byte >= 0x7f) return null;
    text += String.fromCharCode(byte >= 0x61 && byte <= 0x7a ? byte - 0x20 : byte);
  }
  return text;
}

import { RdbFormatError } from './errors.js';
import { BLOB_HEADER_BYTES, LZF_HEADER_BYTES, MAX_AUX_BYTES, type RdbLimits } from './limits.js';
import { double, float, int64 } from './little-endian.js';
import { inflate } from './lzf.js';
import { type PackedKind, packedCount } from './packed.js';
import { INTEGER, LZF, type TokenReader } from './reader.js';
import { AUX_NAME, AUX_VALUE, ELEMENTS, FUNCTION_SOURCE, KEY, NONE } from './roles.js';
import * as S from './steps.js';
import { StringValue } from './string-value.js';
import { latin1 } from './text.js';

/** What a walker tells about the tokens that have a role. Everything is borrowed until the call returns. */
export interface TokenHandler {
  string(role: number, value: StringValue): void;
  /** A length or count: `reader.value`, all 64 bits as `reader.wide()`. */
  number(role: number, reader: TokenReader): void;
  bytes(role: number, bytes: Uint8Array, at: number): void;
  /** A score, or a number inside a module's value or an array. */
  scalar(role: number, value: number | bigint): void;
  /** A whole packed container. Returns how many entries it has. */
  packed(role: number, kind: PackedKind, value: StringValue): number;
  /** The elements of a packed container are not told: it is larger than the limit. */
  left(role: number): void;
}

/** LOOPs inside each other: groups of a stream, their consumers, what is pending for those; one to spare. */
const MAX_DEPTH = 4;

// What a module's opcodes announce (rdb-format.md 7).
const MODULE_END = 0;
const MODULE_SIGNED = 1;
const MODULE_UNSIGNED = 2;
const MODULE_FLOAT = 3;
const MODULE_DOUBLE = 4;
const MODULE_STRING = 5;

const PLAIN_NODE = 1;
const PACKED_NODE = 2;

/** Leads of an ASCII score that are no length. */
const NAN_SCORE = 253;
const INFINITE_SCORE = 254;
const NEGATIVE_INFINITE_SCORE = 255;

/**
 * Runs the layout of one record over the tokens as they arrive. All its state is the place in the layout, the counters of the open
 * loops and the reader's own, so it can stop after any byte; values without a role pass by their length and are never kept.
 */
export class Walker {
  /** Elements counted so far, NaN when they cannot be told. */
  elements = 0;

  readonly #reader: TokenReader;
  readonly #handler: TokenHandler;
  readonly #limits: RdbLimits;
  readonly #text = new StringValue();
  readonly #head = new Uint8Array(BLOB_HEADER_BYTES);
  #layout: S.Layout = [];
  #at = 0;
  #count = 0;
  readonly #loops = new Float64Array(MAX_DEPTH);
  #depth = 0;
  /** Kind of the list node or of the array element that comes next. */
  #selector = 0;
  /** Opcode of the module value that comes next, or -1 while it is not read. */
  #moduleOpcode = -1;
  /** Length of the ASCII score, or -1. */
  #scoreLength = -1;

  constructor(reader: TokenReader, handler: TokenHandler, limits: RdbLimits) {
    this.#reader = reader;
    this.#handler = handler;
    this.#limits = limits;
  }

  start(layout: S.Layout, elements: number): void {
    this.#layout = layout;
    this.#at = 0;
    this.#depth = 0;
    this.elements = elements;
  }

  /** Goes on; true when the layout is through, false when the span is. */
  run(): boolean {
    const layout = this.#layout;
    const reader = this.#reader;
    while (this.#at < layout.length) {
      const step = layout[this.#at]!;
      switch (step.kind) {
        case S.STRING:
          if (step.role === NONE ? !reader.skipString() : !this.#string(step.role)) return false;
          break;
        case S.NUMBER:
          if (!reader.number()) return false;
          if (step.role !== NONE) this.#handler.number(step.role, reader);
          break;
        case S.COUNT:
          if (!reader.count()) return false;
          this.#count = reader.value;
          if (step.role === ELEMENTS) this.elements = reader.value;
          else if (step.role !== NONE) this.#handler.number(step.role, reader);
          break;
        case S.BYTES:
          if (!reader.fill(step.size)) return false;
          if (step.role !== NONE) this.#handler.bytes(step.role, reader.chunk, reader.chunkAt);
          break;
        case S.LOOP:
          if (this.#count === 0) {
            this.#at += step.size;
            continue;
          }
          this.#loops[this.#depth++] = this.#count;
          break;
        case S.NEXT: {
          const left = this.#loops[this.#depth - 1]! - 1;
          if (left > 0) {
            this.#loops[this.#depth - 1] = left;
            this.#at += step.size;
            continue;
          }
          this.#depth--;
          break;
        }
        case S.OPTION:
          if (!reader.number()) return false;
          if (reader.value === 0) {
            this.#at += step.size;
            continue;
          }
          break;
        case S.CONTAINER:
        case S.TAG:
          if (!reader.count()) return false;
          this.#selector = reader.value;
          break;
        default:
          if (!this.#rare(step)) return false;
      }
      this.#at++;
    }
    return true;
  }

  #rare(step: S.Step): boolean {
    switch (step.kind) {
      case S.ASCII_SCORE:
        return this.#asciiScore(step.role);
      case S.PACKED:
        return this.#packed(step);
      case S.NODE:
        return this.#node(step);
      case S.VARIANT:
        return this.#variant(step.role);
      default:
        return this.#module(step.role);
    }
  }

  #string(role: number): boolean {
    if (!this.#text.read(this.#reader, this.#limit(role))) return false;
    this.#handler.string(role, this.#text);
    return true;
  }

  #limit(role: number): number {
    if (role === KEY) return this.#limits.keyBytes;
    if (role === FUNCTION_SOURCE) return this.#limits.functionBytes;
    return role === AUX_NAME || role === AUX_VALUE ? MAX_AUX_BYTES : this.#limits.elementBytes;
  }

  /** A string that nobody wants when there is no role. */
  #stringOrSkip(role: number): boolean {
    return role === NONE ? this.#reader.skipString() : this.#string(role);
  }

  #asciiScore(role: number): boolean {
    const reader = this.#reader;
    if (this.#scoreLength < 0) {
      const lead = reader.byte();
      if (lead < 0) return false;
      this.#scoreLength = lead;
    }
    const length = this.#scoreLength;
    let score = Number.NaN;
    if (length === INFINITE_SCORE) score = Number.POSITIVE_INFINITY;
    else if (length === NEGATIVE_INFINITE_SCORE) score = Number.NEGATIVE_INFINITY;
    else if (length !== NAN_SCORE) {
      if (!reader.fill(length)) return false;
      if (role !== NONE) score = parseScore(latin1(reader.chunk, reader.chunkAt, reader.chunkAt + length));
    }
    this.#scoreLength = -1;
    if (role !== NONE) this.#handler.scalar(role, score);
    return true;
  }

  #node(step: S.Step): boolean {
    if (this.#selector === PACKED_NODE) return this.#packed(step);
    if (this.#selector !== PLAIN_NODE) {
      throw new RdbFormatError(`list node of kind ${this.#selector}`, this.#reader.tokenAt);
    }
    if (!this.#stringOrSkip(step.role)) return false;
    this.elements++;
    return true;
  }

  #packed(step: S.Step): boolean {
    const reader = this.#reader;
    const kind = step.packed!;
    if (!reader.stringHeader()) return false;
    if (reader.form === INTEGER) throw new RdbFormatError(`an integer where a ${kind} is required`);
    const { blobBytes } = this.#limits;
    let count: number;
    if (step.role !== NONE && reader.size <= blobBytes && reader.wire <= blobBytes) {
      if (!this.#text.read(reader, blobBytes)) return false;
      reader.tokenAt = reader.position - reader.wire;
      const { bytes, from, length } = this.#text;
      checkEntries(step, packedCount(kind, bytes, from, length));
      count = this.#handler.packed(step.role, kind, this.#text);
    } else {
      const { size, form } = reader;
      if (!reader.capture(form === LZF ? LZF_HEADER_BYTES : BLOB_HEADER_BYTES)) return false;
      reader.tokenAt = reader.position - reader.wire;
      count = this.#peek(kind, size, form);
      if (step.role !== NONE) this.#handler.left(step.role);
    }
    checkEntries(step, count);
    if (count < 0) this.elements = Number.NaN;
    else if (step.size > 0) this.elements += count / step.size;
    return true;
  }

  /** Entries by the header of a packed container whose first bytes were captured; of an LZF form only those are inflated. */
  #peek(kind: PackedKind, size: number, form: number): number {
    const { view, viewFrom, viewTo } = this.#reader;
    if (form !== LZF) return packedCount(kind, view, viewFrom, size);
    const wanted = Math.min(size, BLOB_HEADER_BYTES);
    if (inflate(view, viewFrom, viewTo, this.#head, wanted, true) < wanted) {
      throw new RdbFormatError('LZF: less output than announced');
    }
    return packedCount(kind, this.#head, 0, size);
  }

  /** An element of an array: its tag was read. */
  #variant(role: number): boolean {
    const reader = this.#reader;
    const kind = this.#selector;
    if (kind === 0 || kind === 3) return this.#stringOrSkip(role);
    if (kind > 3) throw new RdbFormatError(`array element of kind ${kind}`);
    if (!reader.fill(8)) return false;
    if (role !== NONE) {
      const read = kind === 1 ? int64 : double;
      this.#handler.scalar(role, read(reader.chunk, reader.chunkAt));
    }
    return true;
  }

  #module(role: number): boolean {
    const reader = this.#reader;
    for (;;) {
      if (this.#moduleOpcode < 0) {
        if (!reader.count()) return false;
        this.#moduleOpcode = reader.value;
      }
      if (!this.#moduleValue(role, this.#moduleOpcode)) return false;
      const opcode = this.#moduleOpcode;
      this.#moduleOpcode = -1;
      if (opcode === MODULE_END) return true;
    }
  }

  #moduleValue(role: number, opcode: number): boolean {
    const reader = this.#reader;
    switch (opcode) {
      case MODULE_END:
        return true;
      case MODULE_SIGNED:
      case MODULE_UNSIGNED: {
        if (!reader.number()) return false;
        if (role === NONE) return true;
        const wide = reader.wide();
        this.#handler.scalar(role, opcode === MODULE_SIGNED ? BigInt.asIntN(64, wide) : wide);
        return true;
      }
      case MODULE_FLOAT:
        if (!reader.fill(4)) return false;
        if (role !== NONE) this.#handler.scalar(role, float(reader.chunk, reader.chunkAt));
        return true;
      case MODULE_DOUBLE:
        if (!reader.fill(8)) return false;
        if (role !== NONE) this.#handler.scalar(role, double(reader.chunk, reader.chunkAt));
        return true;
      case MODULE_STRING:
        return this.#stringOrSkip(role);
      default:
        throw new RdbFormatError(`module opcode ${opcode}`);
    }
  }
}

/** A container of `count` entries (-1: unknown) holds whole elements; a stream node has at least its master entry. */
function checkEntries(step: S.Step, count: number): void {
  if (step.size === 0) {
    if (count === 0) throw new RdbFormatError('stream: an empty listpack');
  } else if (count > 0 && count % step.size !== 0) {
    throw new RdbFormatError(`${step.packed} of ${count} entries where ${step.size} make an element`);
  }
}

/** A score's text as strtod reads it, for what servers write: decimal, inf, nan. */
export function parseScore(text: string): number {
  if (text === 'inf' || text === '+inf') return Number.POSITIVE_INFINITY;
  if (text === '-inf') return Number.NEGATIVE_INFINITY;
  return text === '' ? Number.NaN : Number(text);
}

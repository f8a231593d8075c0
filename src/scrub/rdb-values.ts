import { Crc64 } from '../rdb/crc64.js';
import { RdbDecoder } from '../rdb/decoder.js';
import { RdbFormatError } from '../rdb/errors.js';
import { inflate } from '../rdb/lzf.js';
import { type PackedKind, packedCount } from '../rdb/packed.js';
import { makePlan } from '../rdb/plan.js';
import { INTEGER, LZF, TokenReader } from '../rdb/reader.js';
import * as R from '../rdb/roles.js';
import type { Magic } from '../rdb/types.js';
import { type TokenHandler, Walker } from '../rdb/walker.js';
import { shownScript } from '../replication/redact.js';
import { markValues, overwriteLiterals } from './packed-values.js';
import { FILLER } from './patches.js';
import { type Policy, pseudonym } from './policy.js';

const MAGIC_BYTES = 9;
const EOF = 255;
const AUX = 250;
/** First byte of a string in the LZF form. */
const LZF_LEAD = 0xc3;
/** Auxiliary field in which servers up to 6.2 hand on the scripts that they know. */
const SCRIPT_FIELD = 'lua';
const FIRST_VERSION_WITH_CRC = 5;
/** Nothing is cut: what is not read whole cannot be overwritten. */
const WHOLE = Number.MAX_SAFE_INTEGER;
const NO_LIMITS = { keyBytes: WHOLE, elementBytes: WHOLE, blobBytes: WHOLE, functionBytes: WHOLE };

/**
 * An RDB payload with its values (or keys), and scripts with passwords in any case, overwritten: as long as before, every record where it
 * was, its checksum mended. What lies behind the place where it breaks off, or cannot be read, is overwritten as a whole. null where the
 * result does not say the same, or where only scripts were looked for and it cannot be read.
 */
export function overwriteRdb(payload: Uint8Array, policy: Policy): Uint8Array | null {
  const overwriter = new RdbOverwriter(payload, policy);
  try {
    overwriter.run(Number.POSITIVE_INFINITY);
  } catch (error) {
    if (!(error instanceof RdbFormatError)) throw error;
    if (!policy.keys && !policy.values) return null;
    overwriter.giveUp();
  }
  return sameFacts(payload, overwriter.out) ? overwriter.out : null;
}

/** Bytes of the payload's magic and auxiliary fields, which hold neither keys nor values. */
export function rdbHeadBytes(payload: Uint8Array): number {
  const overwriter = new RdbOverwriter(payload, { keys: false, values: false, secret: new Uint8Array(0) });
  try {
    return overwriter.run(AUX);
  } catch (error) {
    if (!(error instanceof RdbFormatError)) throw error;
    return Math.min(MAGIC_BYTES, payload.length);
  }
}

class RdbOverwriter implements TokenHandler {
  readonly out: Uint8Array;
  readonly #payload: Uint8Array;
  readonly #policy: Policy;
  readonly #reader = new TokenReader();
  readonly #walker: Walker;
  /** The auxiliary field that is read is a script. */
  #isScript = false;

  constructor(payload: Uint8Array, policy: Policy) {
    this.out = Uint8Array.from(payload);
    this.#payload = payload;
    this.#policy = policy;
    this.#walker = new Walker(this.#reader, this, NO_LIMITS);
  }

  /** Reads all of it, or up to the first opcode other than `only`. @returns the position reached. @throws RdbFormatError */
  run(only: number): number {
    const payload = this.#payload;
    const head = Buffer.from(payload.buffer, payload.byteOffset, payload.length).toString(
      'latin1',
      0,
      MAGIC_BYTES,
    );
    const match = /^(?:REDIS(\d{4})|VALKEY(\d{3}))$/.exec(head);
    if (match === null) throw new RdbFormatError('neither REDIS nor VALKEY magic', 0);
    const magic: Magic = head.startsWith('REDIS') ? 'REDIS' : 'VALKEY';
    const reader = this.#reader;
    reader.begin(payload, 0, payload.length);
    reader.fill(MAGIC_BYTES);
    for (;;) {
      const before = reader.position;
      const opcode = reader.byte();
      if (only === AUX && opcode !== AUX) return before;
      if (opcode < 0) throw new RdbFormatError('breaks off');
      if (opcode === EOF) {
        if (Number(match[1] ?? match[2]) >= FIRST_VERSION_WITH_CRC) this.#mendChecksum(reader.position);
        return reader.position;
      }
      const plan = makePlan(opcode, magic, true, true);
      this.#walker.start(plan.layout, plan.type === null ? 0 : plan.type.elements);
      if (!this.#walker.run()) throw new RdbFormatError('breaks off');
    }
  }

  /** The token that could not be read is kept as far as it tells how long it is. */
  giveUp(): void {
    const { tokenAt } = this.#reader;
    this.out.fill(FILLER, Math.min(this.out.length, tokenAt + headerBytes(this.#payload, tokenAt)));
  }

  string(role: number): void {
    const { keys, values } = this.#policy;
    if (role === R.AUX_NAME) this.#isScript = this.#plain().toString('latin1') === SCRIPT_FIELD;
    else if (role === R.FUNCTION_SOURCE || (role === R.AUX_VALUE && this.#isScript)) {
      const source = this.#plain().toString('latin1');
      if (values || shownScript(source) !== source) this.#text(role);
    } else if (role === R.KEY ? keys : values && role >= R.FIRST_DETAIL) this.#text(role);
  }

  number(): void {}

  bytes(role: number): void {
    const { reader, out } = { reader: this.#reader, out: this.out };
    if (role === R.ZSET_SCORE && this.#policy.values) out.fill(FILLER, reader.position - 8, reader.position);
  }

  /** A score as text stands before the reader; what it is made of says how long it is. */
  scalar(role: number): void {
    const { position } = this.#reader;
    if (role !== R.ZSET_SCORE || !this.#policy.values) return;
    let from = position;
    while (from > 0 && /[\d.eE+-]/.test(String.fromCharCode(this.#payload[from - 1]!))) from--;
    if (this.#payload[from - 1] === position - from) this.out.fill(0x31, from, position);
  }

  packed(role: number, kind: PackedKind): number {
    const { form, wire, size, position } = this.#reader;
    const body = this.out.subarray(position - wire, position);
    const blob = form === LZF ? new Uint8Array(size) : Uint8Array.from(body);
    if (form === LZF) inflate(body, 0, wire, blob, size, false);
    const count = packedCount(kind, blob, 0, blob.length);
    if (!this.#policy.values) return count;
    const mask = new Uint8Array(blob.length);
    if (!markValues(kind, blob, mask, role === R.STREAM_NODE))
      throw new RdbFormatError(`${kind} contradicts itself`);
    if (form === LZF) overwriteLiterals(body, mask, () => FILLER);
    else if (kind === 'intset') ascending(body);
    else for (let i = 0; i < mask.length; i++) if (mask[i] === 1) body[i] = FILLER;
    return count;
  }

  left(): void {
    throw new RdbFormatError('a container that is not read');
  }

  /** The string that was just read, as it is when it is unpacked. */
  #plain(): Buffer {
    const { form, wire, position, size } = this.#reader;
    if (form !== LZF) return Buffer.from(this.#payload.subarray(position - wire, position));
    const plain = Buffer.alloc(size);
    inflate(this.#payload.subarray(position - wire, position), 0, wire, plain, size, false);
    return plain;
  }

  /** Overwrites the string that was just read. */
  #text(role: number): void {
    const { form, wire, position, size } = this.#reader;
    const from = position - wire;
    const body = this.out.subarray(from, position);
    if (role !== R.KEY) {
      if (form === LZF) overwriteLiterals(body, new Uint8Array(size).fill(1), () => FILLER);
      else body.fill(FILLER);
      return;
    }
    if (form === LZF) {
      const key = new Uint8Array(size);
      inflate(body, 0, wire, key, size, false);
      const name = pseudonym(this.#policy, key, size);
      overwriteLiterals(body, new Uint8Array(size).fill(1), (at) => name[at]!);
    } else if (form === INTEGER) body.set(pseudonym(this.#policy, body, wire));
    else body.set(pseudonym(this.#policy, Uint8Array.from(body), wire));
  }

  #mendChecksum(position: number): void {
    const crc = new Crc64();
    crc.update(this.#payload, 0, position);
    // One that was wrong, or switched off, stays so.
    if (!crc.matches(this.#payload, position)) return;
    const mended = new Crc64();
    mended.update(this.out, 0, position);
    this.out.set(Buffer.from(mended.hex(), 'hex').reverse(), position);
  }
}

/** Bytes of the length, or two lengths, before a string's body (rdb-format.md 4). */
function headerBytes(payload: Uint8Array, at: number): number {
  const lead = payload[at] ?? 0;
  if (lead === LZF_LEAD) {
    const first = lengthBytes(payload[at + 1] ?? 0);
    return 1 + first + lengthBytes(payload[at + 1 + first] ?? 0);
  }
  return lengthBytes(lead);
}

function lengthBytes(lead: number): number {
  if (lead === 0x80) return 5;
  if (lead === 0x81) return 9;
  return lead >> 6 === 1 ? 2 : 1;
}

/** 0, 1, 2 … in the width of an intset, whose members must ascend. */
function ascending(intset: Uint8Array): void {
  const width = intset[0]!;
  for (let at = 8, value = 0; at + width <= intset.length; at += width, value++) {
    intset.fill(0, at, at + width);
    intset[at] = value & 0xff;
    intset[at + 1] = (value >> 8) & 0x7f;
  }
}

/** What can be counted of two payloads is the same. */
function sameFacts(one: Uint8Array, other: Uint8Array): boolean {
  const [a, b] = [one, other].map((payload) => {
    const decoder = new RdbDecoder({ level: 'keys' });
    decoder.feed(payload, 0, payload.length);
    decoder.end();
    const { keys, expires, types, byType, functions, position, checksum, complete, error } = decoder.facts;
    const maps = [types, byType].map((each) => JSON.stringify(each));
    return JSON.stringify([keys, expires, ...maps, functions, position, checksum, complete, error === null]);
  });
  return a === b;
}

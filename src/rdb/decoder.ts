import { Crc64 } from './crc64.js';
import { ElementAssembler } from './elements.js';
import { RdbFormatError } from './errors.js';
import { type RdbChecksum, RdbCounts, type RdbPayloadFacts, stringEncoding } from './facts.js';
import { DEFAULT_RDB_LIMITS, type RdbLimits } from './limits.js';
import * as op from './opcodes.js';
import { checkTrailer, Passage } from './passage.js';
import { makePlan, type Plan, sharedPlans } from './plan.js';
import { TokenReader } from './reader.js';
import { KeyRecord } from './record.js';
import type { RdbSink } from './sink.js';
import { latin1 } from './text.js';
import { RecordTokens } from './tokens.js';
import { TopKeys } from './top-keys.js';
import type { Magic, ObjectType } from './types.js';
import { Walker } from './walker.js';

/**
 * framing: magic and auxiliary fields up to the first key, position and checksum. keys: every record, values skipped by length.
 * elements: all there is in the values, too.
 */
export type RdbLevel = 'framing' | 'keys' | 'elements';

export interface RdbDecoderOptions {
  level: RdbLevel;
  sink?: RdbSink;
  limits?: Partial<RdbLimits>;
  /** How many of the biggest keys are remembered; none unless told. */
  top?: number | undefined;
  /** Time (ms since the epoch) at which expiries count as past: that of the payload. */
  asOf?: number | null | undefined;
}

// What the next byte belongs to.
const MAGIC = 0;
const OPCODE = 1;
const RECORD = 2;
const TRAILER = 3;
const PASSAGE = 4;
const COMPLETE = 5;
const FAILED = 6;

const NO_BYTES = new Uint8Array(0);
const MAGIC_BYTES = 9;
const CRC_BYTES = 8;
const FIRST_VERSION_WITH_CRC = 5;

/**
 * Incremental decoder of one RDB payload, versions 1 to 14 of Redis and 80 of Valkey (rdb-format.md). Fed spans of any size; keeps
 * no value, memory is bounded by RdbLimits. Bytes that do not follow the format end the decoding with a positioned `facts.error`;
 * what comes behind is only counted.
 */
export class RdbDecoder {
  readonly #level: RdbLevel;
  readonly #sink: RdbSink;
  readonly #reader = new TokenReader();
  readonly #walker: Walker;
  readonly #tokens: RecordTokens;
  readonly #elements: ElementAssembler | null;
  readonly #record = new KeyRecord();
  readonly #counts = new RdbCounts();
  readonly #byBytes: TopKeys | null;
  readonly #byElements: TopKeys | null;
  readonly #wantsKeys: boolean;
  readonly #crc = new Crc64();
  #passage: Passage | null = null;

  #state = MAGIC;
  #over = false;
  #fed = 0;
  /** Index of the span's first byte that the CRC has not seen. */
  #crcFrom = 0;
  #magic: Magic | null = null;
  #version = 0;
  #plans: (Plan | undefined)[] = [];
  #plan: Plan | null = null;
  #opcode = 0;
  #end: number | null = null;
  #checksum: RdbChecksum = 'unchecked';
  #error: { message: string; position: number } | null = null;

  constructor(options: RdbDecoderOptions) {
    const sink = options.sink ?? {};
    this.#level = options.level;
    this.#sink = sink;
    this.#elements =
      options.level === 'elements'
        ? new ElementAssembler((element) => {
            sink.element?.(element);
          })
        : null;
    const { top = 0, asOf = null } = options;
    this.#byBytes = top > 0 ? new TopKeys(top) : null;
    this.#byElements = top > 0 ? new TopKeys(top) : null;
    this.#wantsKeys = sink.key !== undefined || top > 0;
    this.#counts.asOf = asOf;
    this.#tokens = new RecordTokens(this.#record, this.#counts, sink, this.#elements);
    this.#walker = new Walker(this.#reader, this.#tokens, { ...DEFAULT_RDB_LIMITS, ...options.limits });
  }

  /** Takes bytes[start, end), the next bytes of the payload; borrowed for the call. Throws only what the sink throws. */
  feed(bytes: Uint8Array, start: number, end: number): void {
    if (this.#over || end <= start) return;
    this.#fed += end - start;
    if (this.#state >= COMPLETE) return;
    this.#tokens.span = bytes;
    this.#reader.begin(bytes, start, end);
    this.#crcFrom = start;
    try {
      this.#run();
    } catch (error) {
      if (!(error instanceof RdbFormatError)) throw error;
      this.#error = { message: error.message, position: error.position ?? this.#reader.tokenAt };
      this.#state = FAILED;
    }
    if (this.#state === PASSAGE) {
      this.#digest();
      this.#passage?.feed(bytes, this.#reader.index, end);
    } else if (this.#state < TRAILER) {
      this.#digest();
      this.#record.keep();
    }
    this.#reader.release();
    this.#tokens.span = NO_BYTES;
  }

  /** No more bytes come: the payload is over, broke off or has a hole here. */
  end(): void {
    if (this.#over) return;
    this.#over = true;
    if (this.#passage === null || this.#state !== PASSAGE) return;
    const { complete, checksum } = this.#passage.end();
    this.#checksum = checksum;
    if (complete) this.#complete(this.#fed);
  }

  /** Payload position behind the checksum, once that was reached. */
  get endPosition(): number | null {
    return this.#end;
  }

  /** The payload's time, ms since the epoch, where it is known only from its auxiliary fields: to be set before the first key. */
  set asOf(time: number) {
    this.#counts.asOf = time;
  }

  /** What is known by now; a new object each time. */
  get facts(): RdbPayloadFacts {
    const counts = this.#counts;
    // At level 'framing' a payload is known to be empty when its EOF opcode stood where the first key would.
    const counted = this.#passage === null;
    const magic = this.#magic ?? 'REDIS';
    const position = this.#end ?? this.#fed;
    return {
      magic: this.#magic,
      version: this.#magic === null ? null : this.#version,
      aux: new Map(counts.aux),
      server: counts.aux.get('redis-ver') ?? counts.aux.get('valkey-ver') ?? null,
      keys: counted ? counts.keys : null,
      expires: counted ? counts.expires : null,
      databases: counted ? counts.databases() : null,
      types: counted ? counts.types(magic) : null,
      encodings: counted ? counts.encodings(magic) : null,
      expired: counted && counts.asOf !== null ? counts.expired : null,
      byType: counted ? counts.byType(magic) : null,
      biggest:
        this.#byBytes === null || this.#byElements === null
          ? null
          : { byBytes: this.#byBytes.list(), byElements: this.#byElements.list() },
      functions: counted ? counts.functions : null,
      position,
      trailingBytes: this.#fed - position,
      checksum: this.#checksum,
      complete: this.#end !== null,
      error: this.#error === null ? null : { ...this.#error },
    };
  }

  #run(): void {
    const reader = this.#reader;
    for (;;) {
      switch (this.#state) {
        case OPCODE: {
          const opcode = reader.byte();
          if (opcode < 0) return;
          this.#begin(opcode);
          break;
        }
        case RECORD:
          if (!this.#walker.run()) return;
          this.#state = OPCODE;
          this.#finish();
          break;
        case MAGIC:
          if (!reader.fill(MAGIC_BYTES)) return;
          this.#readMagic(latin1(reader.chunk, reader.chunkAt, reader.chunkAt + MAGIC_BYTES));
          break;
        case TRAILER:
          if (!reader.fill(CRC_BYTES)) return;
          this.#checksum = checkTrailer(this.#crc, reader.chunk, reader.chunkAt);
          this.#complete(reader.position);
          break;
        default:
          return;
      }
    }
  }

  #readMagic(text: string): void {
    const match = /^(?:(REDIS)(\d{4})|(VALKEY)(\d{3}))$/.exec(text);
    if (match === null) throw new RdbFormatError('neither REDIS nor VALKEY magic', 0);
    this.#magic = match[1] === undefined ? 'VALKEY' : 'REDIS';
    this.#version = Number(match[2] ?? match[4]);
    if (this.#version === 0) throw new RdbFormatError('version 0', 0);
    this.#plans = sharedPlans(this.#magic, this.#level === 'elements', this.#wantsKeys);
    this.#state = OPCODE;
  }

  /** An opcode or type byte was read: what comes behind it? */
  #begin(opcode: number): void {
    if (opcode === op.EOF) {
      this.#digest();
      this.#state = TRAILER;
      if (this.#version >= FIRST_VERSION_WITH_CRC) return;
      this.#checksum = 'absent';
      this.#complete(this.#reader.position);
      return;
    }
    this.#plans[opcode] ??= makePlan(
      opcode,
      this.#magic ?? 'REDIS',
      this.#level === 'elements',
      this.#wantsKeys,
    );
    const plan = this.#plans[opcode];
    if (this.#level === 'framing' && (plan.ofRecord || opcode === op.SELECTDB || opcode === op.RESIZEDB)) {
      this.#passage = new Passage(this.#crc, this.#version >= FIRST_VERSION_WITH_CRC);
      this.#state = PASSAGE;
      return;
    }
    if (plan.ofRecord && this.#record.position < 0) this.#record.position = this.#reader.tokenAt;
    if (plan.type !== null) this.#elements?.begin();
    this.#plan = plan;
    this.#opcode = opcode;
    this.#walker.start(plan.layout, plan.type === null ? 0 : plan.type.elements);
    this.#state = RECORD;
  }

  /** The current opcode or record is read to its end. */
  #finish(): void {
    const type = this.#plan?.type ?? null;
    if (type !== null) this.#finishRecord(type);
    else if (this.#opcode === op.MODULE_AUX) this.#tokens.moduleAux();
  }

  #finishRecord(type: ObjectType): void {
    const record = this.#record;
    const { form } = this.#reader;
    const { elements } = this.#walker;
    const bytes = this.#reader.position - record.position;
    this.#counts.key(this.#opcode, form, elements, bytes, record.expiresAt);
    if (this.#elements !== null) {
      this.#elements.finish();
      record.cut = this.#elements.cut;
    }
    if (this.#wantsKeys) {
      record.type = type.type;
      record.typeId = this.#opcode;
      record.encoding = this.#opcode === 0 ? stringEncoding(form) : type.encoding;
      record.elements = Number.isNaN(elements) ? null : elements;
      record.bytes = bytes;
      this.#byBytes?.offer(bytes, record);
      if (type.type !== 'string') this.#byElements?.offer(record.elements, record);
      this.#sink.key?.(record);
    }
    record.reset();
  }

  #complete(position: number): void {
    this.#end = position;
    this.#state = COMPLETE;
  }

  /** Brings the CRC up to the reader's place. */
  #digest(): void {
    const { index } = this.#reader;
    this.#crc.update(this.#tokens.span, this.#crcFrom, index);
    this.#crcFrom = index;
  }
}

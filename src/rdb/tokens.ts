import type { ElementAssembler } from './elements.js';
import { RdbFormatError } from './errors.js';
import type { RdbCounts } from './facts.js';
import { MAX_DATABASE_ID } from './limits.js';
import { int32, int64Number } from './little-endian.js';
import { moduleName } from './module-id.js';
import type { PackedKind } from './packed.js';
import type { TokenReader } from './reader.js';
import type { KeyRecord } from './record.js';
import * as R from './roles.js';
import type { RdbSink } from './sink.js';
import type { StringValue } from './string-value.js';
import type { TokenHandler } from './walker.js';

/** What the mark of a MODULE_AUX "when" is: an unsigned integer in a module's terms. */
const MODULE_UNSIGNED = 2;
const NODE_KEY_BYTES = 16;

/** Takes the tokens of opcodes and of a record's head into record, counters and sink; those of values go on to the assembler. */
export class RecordTokens implements TokenHandler {
  /** The span being read: a key that stands in it need not be copied at once. */
  span: Uint8Array = new Uint8Array(0);

  readonly #record: KeyRecord;
  readonly #counts: RdbCounts;
  readonly #sink: RdbSink;
  readonly #elements: ElementAssembler | null;
  #auxName = '';
  #auxModule = 0n;
  #auxWhen = 0;
  #sizeKeys = 0;

  constructor(record: KeyRecord, counts: RdbCounts, sink: RdbSink, elements: ElementAssembler | null) {
    this.#record = record;
    this.#counts = counts;
    this.#sink = sink;
    this.#elements = elements;
  }

  string(role: number, value: StringValue): void {
    switch (role) {
      case R.KEY:
        this.#record.setKey(value, this.span);
        break;
      case R.AUX_NAME:
        this.#auxName = value.text();
        break;
      case R.AUX_VALUE:
        this.#counts.addAux(this.#auxName, value.text());
        this.#sink.aux?.(this.#auxName, value.text());
        break;
      case R.FUNCTION_SOURCE:
        this.#counts.functions++;
        this.#sink.function?.(value.view(), value.length);
        break;
      default:
        if (role === R.STREAM_NODE_KEY && value.length !== NODE_KEY_BYTES) {
          throw new RdbFormatError(`stream: node key of ${value.length} bytes`);
        }
        this.#elements?.string(role, value);
    }
  }

  number(role: number, reader: TokenReader): void {
    if (role >= R.FIRST_DETAIL) {
      this.#elements?.number(role, reader);
      return;
    }
    const { value } = reader;
    switch (role) {
      case R.DATABASE:
        if (value > MAX_DATABASE_ID) throw new RdbFormatError(`database ${value}`);
        this.#counts.selectDb(value);
        this.#record.db = value;
        this.#sink.selectDb?.(value);
        break;
      case R.SIZE_KEYS:
        this.#sizeKeys = value;
        break;
      case R.SIZE_EXPIRES:
        this.#counts.resizeDb(this.#sizeKeys, value);
        this.#sink.resizeDb?.(this.#sizeKeys, value);
        break;
      case R.IDLE_SECONDS:
        this.#record.idle = value;
        break;
      case R.AUX_MODULE_ID:
        this.#auxModule = reader.wide();
        break;
      case R.AUX_MODULE_MARK:
        if (value !== MODULE_UNSIGNED) throw new RdbFormatError('module data without its "when"');
        break;
      case R.AUX_MODULE_WHEN:
        this.#auxWhen = value;
        break;
    }
  }

  bytes(role: number, bytes: Uint8Array, at: number): void {
    if (role >= R.FIRST_DETAIL) this.#elements?.bytes(role, bytes, at);
    else if (role === R.EXPIRE_MS) this.#record.expiresAt = int64Number(bytes, at);
    else if (role === R.EXPIRE_SECONDS) this.#record.expiresAt = int32(bytes, at) * 1000;
    else if (role === R.FREQUENCY) this.#record.freq = bytes[at]!;
  }

  scalar(role: number, value: number | bigint): void {
    this.#elements?.scalar(role, value);
  }

  packed(role: number, kind: PackedKind, value: StringValue): number {
    return this.#elements === null ? 0 : this.#elements.packed(role, kind, value);
  }

  left(): void {
    this.#elements?.left();
  }

  /** The data of a module beside the keys is through. */
  moduleAux(): void {
    const { name, version } = moduleName(this.#auxModule);
    this.#sink.moduleAux?.(name, version, this.#auxWhen);
  }
}

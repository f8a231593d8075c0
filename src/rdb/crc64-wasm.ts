/**
 * The inner loop of crc64.ts as WebAssembly, assembled here: JavaScript has no 64-bit integers outside BigInt, and in two 32-bit words the
 * CRC bounds the whole payload path (docs/decisions/0005-crc64-in-webassembly.md). One function, slicing by 16.
 */

/** Bytes taken in one step of the loop; so many tables of 256 64-bit entries it needs. */
export const SLICES = 16;

const ENTRY_SHIFT = 3;
const TABLE_BYTES = 256 << ENTRY_SHIFT;
const PAGE_BYTES = 65_536;

/** Memory: the running CRC, then the tables, then the bytes that are taken in. */
const CRC_AT = 0;
const TABLES_AT = 64;
const INPUT_AT = PAGE_BYTES;

/** Bytes taken in by one call: a block of the capture reader. */
export const INPUT_BYTES = PAGE_BYTES;

const PAGES = (INPUT_AT + INPUT_BYTES) / PAGE_BYTES;

// Types and instructions (WebAssembly core specification 1.0, section 5).
const I32 = 0x7f;
const I64 = 0x7e;
const FUNCTION = 0x60;
const NO_RESULT = 0x40;
const BLOCK = 0x02;
const LOOP = 0x03;
const END = 0x0b;
const BREAK = 0x0c;
const BREAK_IF = 0x0d;
const LOCAL_GET = 0x20;
const LOCAL_SET = 0x21;
const I64_LOAD = 0x29;
const I64_LOAD8_UNSIGNED = 0x31;
const I64_STORE = 0x37;
const I32_CONST = 0x41;
const I64_CONST = 0x42;
const I32_GREATER_UNSIGNED = 0x4b;
const I32_ADD = 0x6a;
const I32_AND = 0x71;
const I64_XOR = 0x85;
const I64_SHIFT_LEFT = 0x86;
const I64_SHIFT_RIGHT_UNSIGNED = 0x88;
const I32_WRAP_I64 = 0xa7;

// Locals of the function: its two parameters, then its own.
const AT = 0;
const UNTIL = 1;
const CRC = 2;
const WORD = 3;

/** What crc64.ts works with. */
export interface Crc64Kernel {
  /** The running CRC: low word, high word. */
  readonly crc: Int32Array;
  /** Tables of 256 entries (low word, high word); table k: the CRC of a byte followed by k zero bytes. */
  readonly tables: Int32Array;
  /** Where the bytes go before `update`. */
  readonly input: Uint8Array;
  /** Takes the first `length` bytes of `input` into the CRC. */
  update(length: number): void;
}

/** The part of the WebAssembly interface that is used; the type libraries have it among those of browsers only. */
interface WebAssemblyHost {
  readonly WebAssembly: {
    readonly Module: new (bytes: Uint8Array) => object;
    readonly Instance: new (module: object) => { readonly exports: unknown };
  };
}

interface KernelExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly update: (start: number, end: number) => void;
}

export function makeKernel(): Crc64Kernel {
  const { WebAssembly } = globalThis as unknown as WebAssemblyHost;
  const instance = new WebAssembly.Instance(new WebAssembly.Module(moduleBytes()));
  const { memory, update } = instance.exports as KernelExports;
  return {
    crc: new Int32Array(memory.buffer, CRC_AT, 2),
    tables: new Int32Array(memory.buffer, TABLES_AT, (SLICES * TABLE_BYTES) / 4),
    input: new Uint8Array(memory.buffer, INPUT_AT, INPUT_BYTES),
    update: (length) => update(INPUT_AT, INPUT_AT + length),
  };
}

function moduleBytes(): Uint8Array {
  const functionType = [FUNCTION, ...vector([[I32], [I32]]), ...vector([])];
  const header = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
  return Uint8Array.from([
    ...header,
    ...section(1, vector([functionType])),
    ...section(3, vector([[0]])),
    ...section(5, vector([[0x00, PAGES]])),
    ...section(
      7,
      vector([
        [...name('memory'), 0x02, 0],
        [...name('update'), 0x00, 0],
      ]),
    ),
    ...section(10, vector([sized([...vector([[2, I64]]), ...updateBody(), END])])),
  ]);
}

/** update(at, until): 16 bytes a step as long as there are so many, then one by one. */
function updateBody(): number[] {
  const steps = (bytes: number, body: number[]): number[] => [
    ...[BLOCK, NO_RESULT, LOOP, NO_RESULT],
    // Leaves the loop when fewer than `bytes` bytes are left.
    ...[LOCAL_GET, AT, I32_CONST, bytes, I32_ADD, LOCAL_GET, UNTIL, I32_GREATER_UNSIGNED, BREAK_IF, 1],
    ...body,
    ...[LOCAL_GET, AT, I32_CONST, bytes, I32_ADD, LOCAL_SET, AT],
    ...[BREAK, 0, END, END],
  ];
  return [
    ...[I32_CONST, CRC_AT, I64_LOAD, ...aligned(0), LOCAL_SET, CRC],
    ...steps(SLICES, sixteenBytes()),
    ...steps(1, oneByte()),
    ...[I32_CONST, CRC_AT, LOCAL_GET, CRC, I64_STORE, ...aligned(0)],
  ];
}

/** The CRC of 16 bytes: each of them looked up in the table of its distance from the last. */
function sixteenBytes(): number[] {
  const code: number[] = [];
  for (let half = 0; half < 2; half++) {
    code.push(LOCAL_GET, AT, I64_LOAD, ...aligned(half * 8));
    if (half === 0) code.push(LOCAL_GET, CRC, I64_XOR);
    code.push(LOCAL_SET, WORD);
    for (let byte = 0; byte < 8; byte++) {
      const table = SLICES - 1 - (half * 8 + byte);
      code.push(LOCAL_GET, WORD, ...lookUp(table, byte));
      if (half > 0 || byte > 0) code.push(I64_XOR);
    }
  }
  return [...code, LOCAL_SET, CRC];
}

/** crc = table 0 of (crc ^ byte) ^ crc >> 8. */
function oneByte(): number[] {
  return [
    ...[LOCAL_GET, AT, I64_LOAD8_UNSIGNED, 0, 0, LOCAL_GET, CRC, I64_XOR, ...lookUp(0, 0)],
    ...[LOCAL_GET, CRC, I64_CONST, 8, I64_SHIFT_RIGHT_UNSIGNED, I64_XOR, LOCAL_SET, CRC],
  ];
}

/** Entry of a table for one byte (0: the lowest) of the word on the stack; it lies at 8 times the byte's value. */
function lookUp(table: number, byte: number): number[] {
  const shift =
    byte === 0
      ? [I64_CONST, ENTRY_SHIFT, I64_SHIFT_LEFT]
      : [I64_CONST, byte * 8 - ENTRY_SHIFT, I64_SHIFT_RIGHT_UNSIGNED];
  const mask = [I32_WRAP_I64, I32_CONST, ...leb(0xff << ENTRY_SHIFT), I32_AND];
  return [...shift, ...mask, I64_LOAD, ...aligned(TABLES_AT + table * TABLE_BYTES)];
}

/** Immediate of a 64-bit load or store: aligned to 1 << 3, at a fixed offset. */
function aligned(offset: number): number[] {
  return [3, ...unsignedLeb(offset)];
}

function section(id: number, content: number[]): number[] {
  return [id, ...sized(content)];
}

function vector(items: number[][]): number[] {
  return [items.length, ...items.flat()];
}

function sized(content: number[]): number[] {
  return [...unsignedLeb(content.length), ...content];
}

function name(text: string): number[] {
  return [text.length, ...[...text].map((letter) => letter.charCodeAt(0))];
}

function unsignedLeb(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsignedLeb(value >>> 7)];
}

/** A signed constant whose bit 6 would read as its sign takes one byte more. */
function leb(value: number): number[] {
  return value < 0x40 ? [value] : [(value & 0x7f) | 0x80, ...leb(value >>> 7)];
}

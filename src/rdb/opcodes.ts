import * as R from './roles.js';
import type { Layout } from './steps.js';
import { bytes, count, moduleValues, number, option, repeat, string } from './steps.js';
import type { Magic } from './types.js';

// Opcodes (rdb-format.md 2); the exported ones mean something to the decoder beyond their tokens.
export const EOF = 255;
export const SELECTDB = 254;
const EXPIRETIME = 253;
const EXPIRETIME_MS = 252;
export const RESIZEDB = 251;
const AUX = 250;
const FREQ = 249;
const IDLE = 248;
export const MODULE_AUX = 247;
const FUNCTION_PRE_GA = 246;
const FUNCTION2 = 245;
const SLOT_INFO = 244;
const KEY_META = 243;

/** Ids from here up to EOF are taken as opcodes, for what an unknown one is called. */
export const FIRST_OPCODE = 200;

const COMMON: Readonly<Record<number, Layout>> = {
  [SELECTDB]: count(R.DATABASE),
  [EXPIRETIME]: bytes(4, R.EXPIRE_SECONDS),
  [EXPIRETIME_MS]: bytes(8, R.EXPIRE_MS),
  [RESIZEDB]: [...count(R.SIZE_KEYS), ...count(R.SIZE_EXPIRES)],
  [AUX]: [...string(R.AUX_NAME), ...string(R.AUX_VALUE)],
  [FREQ]: bytes(1, R.FREQUENCY),
  [IDLE]: count(R.IDLE_SECONDS),
  [MODULE_AUX]: [
    ...number(R.AUX_MODULE_ID),
    ...count(R.AUX_MODULE_MARK),
    ...count(R.AUX_MODULE_WHEN),
    ...moduleValues(),
  ],
  // Name, engine, maybe a description, code.
  [FUNCTION_PRE_GA]: [...string(), ...string(), ...option(string()), ...string(R.FUNCTION_SOURCE)],
  [FUNCTION2]: string(R.FUNCTION_SOURCE),
  [SLOT_INFO]: [...count(), ...count(), ...count()],
};

const REDIS: Readonly<Record<number, Layout>> = {
  // Classes of metadata: a packed name, then values as a module's.
  [KEY_META]: repeat(R.NONE, bytes(4), moduleValues()),
};

const VALKEY: Readonly<Record<number, Layout>> = {
  // SLOT_IMPORT: name of the job, ranges of slots.
  243: [...string(), ...repeat(R.NONE, number(), number())],
};

/** What stands behind this opcode, or null when it is none whose layout is known (EOF has none). */
export function opcodeLayout(opcode: number, magic: Magic): Layout | null {
  return COMMON[opcode] ?? (magic === 'REDIS' ? REDIS : VALKEY)[opcode] ?? null;
}

/** Opcodes that belong to the key record behind them. */
export function isKeyAttribute(opcode: number, magic: Magic): boolean {
  if (opcode === KEY_META) return magic === 'REDIS';
  return opcode === EXPIRETIME_MS || opcode === EXPIRETIME || opcode === IDLE || opcode === FREQ;
}

import type { CommandSpec, CommandTable } from './call.js';
import { COUNTER_COMMANDS } from './counter-commands.js';
import { EXPIRE_COMMANDS } from './expire-commands.js';
import { HASH_COMMANDS } from './hash-commands.js';
import { KEY_COMMANDS } from './key-commands.js';
import { LIST_COMMANDS } from './list-commands.js';
import { SET_COMMANDS } from './set-commands.js';
import { STREAM_COMMANDS } from './stream-commands.js';
import { STRING_COMMANDS } from './string-commands.js';
import { ZSET_COMMANDS } from './zset-commands.js';

const TABLES: readonly CommandTable[] = [
  STRING_COMMANDS,
  COUNTER_COMMANDS,
  KEY_COMMANDS,
  EXPIRE_COMMANDS,
  LIST_COMMANDS,
  SET_COMMANDS,
  HASH_COMMANDS,
  ZSET_COMMANDS,
  STREAM_COMMANDS,
];

const COMMANDS = new Map<string, CommandSpec>(TABLES.flatMap((table) => Object.entries(table)));

/** The data command of this name, in any case; null when there is none. */
export function dataCommand(name: string): CommandSpec | null {
  return COMMANDS.get(name.toLowerCase()) ?? null;
}

export function hasArity({ arity }: CommandSpec, words: number): boolean {
  return arity < 0 ? words >= -arity : words === arity;
}

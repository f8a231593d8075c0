import { adds, type Call, CommandError, type CommandTable, reads, SYNTAX_ERROR, shrinks } from './call.js';
import { array, bulk, integer, NIL, OK } from './encode-reply.js';
import { expiryTime, type TimeUnit } from './expiry-time.js';
import { MAX_STRING_BYTES } from './limits.js';
import type { Reply } from './reply.js';
import { emptyValue } from './values.js';

/** Commands of strings, as Redis 7.0 has them; those that count are in counter-commands.ts. */
export const STRING_COMMANDS: CommandTable = {
  set: adds(-3, set),
  setnx: adds(3, setnx),
  setex: adds(4, (call) => setWithTime(call, 'seconds')),
  psetex: adds(4, (call) => setWithTime(call, 'milliseconds')),
  getset: adds(3, getset),
  get: reads(2, (call) => bulk(textOf(call, call.word(1)))),
  getdel: shrinks(2, getdel),
  mset: adds(-3, mset),
  mget: reads(-2, mget),
  append: adds(3, append),
  strlen: reads(2, (call) => integer(textOf(call, call.word(1))?.length ?? 0)),
  setrange: adds(4, setrange),
  getrange: reads(4, getrange),
};

function textOf(call: Call, key: string): string | null {
  return call.typed(key, 'string')?.text ?? null;
}

/** Replaces whatever the key holds, and its expiry. */
function replace(call: Call, key: string, text: string, expiry: number | null): void {
  call.store(key, { type: 'string', text });
  call.db.setExpiry(key, expiry);
}

/** The options of SET that set a time. */
const TIME_OPTIONS: Readonly<Record<string, { unit: TimeUnit; relative: boolean }>> = {
  EX: { unit: 'seconds', relative: true },
  PX: { unit: 'milliseconds', relative: true },
  EXAT: { unit: 'seconds', relative: false },
  PXAT: { unit: 'milliseconds', relative: false },
};

interface SetOptions {
  readonly flags: ReadonlySet<string>;
  /** Name of the time option, and index of the word with the time. */
  readonly time: { readonly name: string; readonly at: number } | null;
}

function parseSetOptions(call: Call): SetOptions {
  const flags = new Set<string>();
  let time: SetOptions['time'] = null;
  for (let at = 3; at < call.words.length; at++) {
    const name = call.option(at);
    if (Object.hasOwn(TIME_OPTIONS, name)) {
      if (flags.has('KEEPTTL') || (time !== null && time.name !== name) || at + 1 >= call.words.length) {
        throw new CommandError(SYNTAX_ERROR);
      }
      at++;
      time = { name, at };
      continue;
    }
    const known = ['NX', 'XX', 'GET', 'KEEPTTL'].includes(name);
    const clash = (name === 'NX' && flags.has('XX')) || (name === 'XX' && flags.has('NX'));
    if (!known || clash || (name === 'KEEPTTL' && time !== null)) throw new CommandError(SYNTAX_ERROR);
    flags.add(name);
  }
  return { flags, time };
}

function set(call: Call): Reply {
  const [, key, text] = call.words as [string, string, string];
  const { flags, time } = parseSetOptions(call);
  let expiry: number | null = null;
  if (time !== null) {
    const { unit, relative } = TIME_OPTIONS[time.name]!;
    expiry = expiryTime(call.integer(time.at), unit, relative ? call.now : null, 'set');
  }
  const old: Reply | null = flags.has('GET') ? bulk(textOf(call, key)) : null;
  const found = call.lookup(key) !== null;
  if ((flags.has('NX') && found) || (flags.has('XX') && !found)) return old ?? NIL;
  replace(call, key, text, flags.has('KEEPTTL') ? call.db.expiry(key) : expiry);
  if (expiry !== null) call.instead([['SET', key, text, 'PXAT', `${expiry}`]]);
  else if (old !== null) call.instead([withoutGet(call.words)]);
  return old ?? OK;
}

/** A replica has nobody to tell the old value. */
function withoutGet(words: readonly string[]): string[] {
  return words.filter((word, at) => at < 3 || word.toUpperCase() !== 'GET');
}

function setnx(call: Call): Reply {
  const [, key, text] = call.words as [string, string, string];
  if (call.lookup(key) !== null) return integer(0);
  replace(call, key, text, null);
  return integer(1);
}

function setWithTime(call: Call, unit: TimeUnit): Reply {
  const [name, key, , text] = call.words as [string, string, string, string];
  const expiry = expiryTime(call.integer(2), unit, call.now, name.toLowerCase());
  call.lookup(key);
  replace(call, key, text, expiry);
  call.instead([['SET', key, text, 'PXAT', `${expiry}`]]);
  return OK;
}

function getset(call: Call): Reply {
  const [, key, text] = call.words as [string, string, string];
  const old = bulk(textOf(call, key));
  replace(call, key, text, null);
  call.instead([['SET', key, text]]);
  return old;
}

function getdel(call: Call): Reply {
  const key = call.word(1);
  const text = textOf(call, key);
  if (text === null) return NIL;
  call.db.delete(key);
  call.instead([['DEL', key]]);
  return bulk(text);
}

function mset(call: Call): Reply {
  const { words } = call;
  if (words.length % 2 === 0) throw new CommandError("ERR wrong number of arguments for 'mset' command");
  for (let at = 1; at < words.length; at += 2) {
    call.lookup(words[at]!);
    replace(call, words[at]!, words[at + 1]!, null);
  }
  return OK;
}

function mget(call: Call): Reply {
  const values = call.words.slice(1).map((key) => call.lookup(key));
  return array(values.map((value) => (value?.type === 'string' ? bulk(value.text) : NIL)));
}

function append(call: Call): Reply {
  const [, key, more] = call.words as [string, string, string];
  const value = call.typed(key, 'string') ?? emptyValue('string');
  checkLength(value.text.length + more.length);
  value.text += more;
  call.store(key, value);
  return integer(value.text.length);
}

function checkLength(length: number): void {
  if (length > MAX_STRING_BYTES) {
    throw new CommandError('ERR string exceeds maximum allowed size (proto-max-bulk-len)');
  }
}

function setrange(call: Call): Reply {
  const [, key, , part] = call.words as [string, string, string, string];
  const offset = call.index(2);
  if (offset < 0) throw new CommandError('ERR offset is out of range');
  const value = call.typed(key, 'string') ?? emptyValue('string');
  if (part === '') return integer(value.text.length);
  checkLength(offset + part.length);
  const before = value.text.slice(0, offset).padEnd(offset, '\0');
  value.text = before + part + value.text.slice(offset + part.length);
  call.store(key, value);
  return integer(value.text.length);
}

function getrange(call: Call): Reply {
  const start = call.index(2);
  const end = call.index(3);
  const text = textOf(call, call.word(1)) ?? '';
  if (start < 0 && end < 0 && start > end) return bulk('');
  const place = (index: number) => Math.max(0, index < 0 ? text.length + index : index);
  return bulk(text.slice(place(start), place(end) + 1));
}

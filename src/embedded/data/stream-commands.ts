import { adds, type Call, CommandError, type CommandTable, reads, SYNTAX_ERROR, shrinks } from './call.js';
import { array, bulk, bulks, EMPTY_ARRAY, integer, NIL, NIL_ARRAY } from './encode-reply.js';
import type { Reply } from './reply.js';
import type { Stream, StreamEntry } from './stream.js';
import {
  GREATEST_ID,
  idText,
  LEAST_ID,
  MAX_SEQ,
  makeId,
  msOf,
  parseHalf,
  parseId,
  type StreamId,
} from './stream-id.js';

/** Commands of streams, as Redis 7.0 has them; without consumer groups and MINID. */
export const STREAM_COMMANDS: CommandTable = {
  xadd: adds(-5, xadd),
  xlen: reads(2, (call) => integer(call.typed(call.word(1), 'stream')?.stream.length ?? 0)),
  xrange: reads(-4, xrange),
  xdel: shrinks(-3, xdel),
  xtrim: shrinks(-4, xtrim),
};

const INVALID_ID = 'ERR Invalid stream ID specified as stream command argument';
/** Servers trim about (MAXLEN ~) by whole nodes, which hold so many entries unless configured. */
const NODE_ENTRIES = 100;

interface Trim {
  readonly length: number;
  readonly about: boolean;
  /** Index of the word with the length. */
  readonly at: number;
}

/** Reads MAXLEN [=|~] length, whose first word is at index `at`. */
function parseTrim(call: Call, at: number): Trim {
  const marked = ['=', '~'].includes(call.word(at + 1));
  const lengthAt = marked ? at + 2 : at + 1;
  if (lengthAt >= call.words.length) throw new CommandError(SYNTAX_ERROR);
  const length = call.index(lengthAt);
  if (length < 0) throw new CommandError('ERR The MAXLEN argument must be >= 0.');
  return { length, about: call.word(at + 1) === '~', at: lengthAt };
}

/** @returns how many entries went */
function trim(stream: Stream, { length, about }: Trim): number {
  const surplus = Math.max(0, stream.length - length);
  // The last node, which need not be full, goes only when nothing is to stay.
  const dropped = about && length > 0 ? surplus - (surplus % NODE_ENTRIES) : surplus;
  stream.dropFirst(dropped);
  return dropped;
}

/** The stream says exactly what was done about: the length that is left. */
function exactly(words: string[], { at }: Trim, length: number): string[] {
  words[at - 1] = '=';
  words[at] = `${length}`;
  return words;
}

function xadd(call: Call): Reply {
  const key = call.word(1);
  let make = true;
  let limit: Trim | null = null;
  let at = 2;
  for (; ; at++) {
    const option = call.option(at);
    if (option === 'NOMKSTREAM') make = false;
    else if (option === 'MAXLEN') {
      limit = parseTrim(call, at);
      at = limit.at;
    } else break;
  }
  const next = idMaker(call.word(at), call.now);
  const fields = call.words.slice(at + 1);
  if (fields.length < 2 || fields.length % 2 === 1) {
    throw new CommandError("ERR wrong number of arguments for 'xadd' command");
  }
  if (next(LEAST_ID) === LEAST_ID) {
    throw new CommandError('ERR The ID specified in XADD must be greater than 0-0');
  }
  if (!make && call.typed(key, 'stream') === null) return NIL;
  const value = call.forAdding(key, 'stream');
  const { stream } = value;
  if (stream.lastId === GREATEST_ID) {
    throw new CommandError('ERR The stream has exhausted the last possible ID, unable to add more items');
  }
  const id = next(stream.lastId);
  if (id === null || id <= stream.lastId) {
    throw new CommandError(
      'ERR The ID specified in XADD is equal or smaller than the target stream top item',
    );
  }
  stream.append(id, fields);
  const words = [...call.words];
  if (words[at]!.endsWith('*')) words[at] = idText(id);
  if (limit !== null) {
    trim(stream, limit);
    if (limit.about) exactly(words, limit, stream.length);
  }
  call.store(key, value);
  call.instead([words]);
  return bulk(idText(id));
}

/** How the id of an entry follows from the last one: `*`, `ms-*` or as given. It gives null when there is none left. */
function idMaker(text: string, now: number): (last: StreamId) => StreamId | null {
  if (text === '*') {
    const first = makeId(BigInt(now), 0n);
    return (last) => (msOf(last) >= BigInt(now) ? last + 1n : first);
  }
  if (text.endsWith('-*')) {
    const ms = parseHalf(text.slice(0, -2));
    if (ms === null) throw new CommandError(INVALID_ID);
    return (last) => {
      if (msOf(last) !== ms) return makeId(ms, 0n);
      return last === makeId(ms, MAX_SEQ) ? null : last + 1n;
    };
  }
  const id = parseId(text);
  if (id === null) throw new CommandError(INVALID_ID);
  return () => id;
}

/** An end of a range: `-`, `+`, an id, or its first half; "(" before it leaves the id itself out. */
function parseBound(text: string, missingSeq: bigint, inward: bigint): StreamId {
  const open = text.length > 1 && text.startsWith('(');
  const plain = open ? text.slice(1) : text;
  const special = open ? null : { '-': LEAST_ID, '+': GREATEST_ID }[plain];
  const id = special ?? parseId(plain, missingSeq);
  if (id === null) throw new CommandError(INVALID_ID);
  if (!open) return id;
  if (id === (inward > 0n ? GREATEST_ID : LEAST_ID)) {
    throw new CommandError(`ERR invalid ${inward > 0n ? 'start' : 'end'} ID for the interval`);
  }
  return id + inward;
}

function xrange(call: Call): Reply {
  const from = parseBound(call.word(2), 0n, 1n);
  const to = parseBound(call.word(3), MAX_SEQ, -1n);
  let count = Infinity;
  for (let at = 4; at < call.words.length; at += 2) {
    if (call.option(at) !== 'COUNT' || at + 1 >= call.words.length) throw new CommandError(SYNTAX_ERROR);
    count = Math.max(0, call.index(at + 1));
  }
  const value = call.typed(call.word(1), 'stream');
  if (value === null) return EMPTY_ARRAY;
  if (count === 0) return NIL_ARRAY;
  return array(value.stream.range(from, to).slice(0, count).map(entryReply));
}

function entryReply({ id, fields }: StreamEntry): Reply {
  return array([bulk(idText(id)), bulks(fields)]);
}

function xdel(call: Call): Reply {
  const key = call.word(1);
  const value = call.typed(key, 'stream');
  if (value === null) return integer(0);
  const ids = call.words.slice(2).map((text) => parseId(text));
  if (ids.includes(null)) throw new CommandError(INVALID_ID);
  const deleted = ids.filter((id) => id !== null && value.stream.delete(id)).length;
  if (deleted > 0) call.store(key, value);
  return integer(deleted);
}

function xtrim(call: Call): Reply {
  if (call.option(2) !== 'MAXLEN') throw new CommandError(SYNTAX_ERROR);
  const limit = parseTrim(call, 2);
  if (limit.at + 1 < call.words.length) throw new CommandError(SYNTAX_ERROR);
  const key = call.word(1);
  const value = call.typed(key, 'stream');
  if (value === null) return integer(0);
  const trimmed = trim(value.stream, limit);
  if (trimmed === 0) return integer(0);
  call.store(key, value);
  if (limit.about) call.instead([exactly([...call.words], limit, value.stream.length)]);
  return integer(trimmed);
}

import { adds, type Call, CommandError, type CommandTable, reads, shrinks } from './call.js';
import { bulk, bulks, EMPTY_ARRAY, integer, NIL, NIL_ARRAY, OK } from './encode-reply.js';
import { rangeOf } from './index-range.js';
import type { Reply } from './reply.js';

type End = 'left' | 'right';

/** Commands of lists, as Redis 7.0 has them. */
export const LIST_COMMANDS: CommandTable = {
  lpush: adds(-3, (call) => push(call, 'left', false)),
  rpush: adds(-3, (call) => push(call, 'right', false)),
  lpushx: adds(-3, (call) => push(call, 'left', true)),
  rpushx: adds(-3, (call) => push(call, 'right', true)),
  lpop: shrinks(-2, (call) => pop(call, 'left')),
  rpop: shrinks(-2, (call) => pop(call, 'right')),
  llen: reads(2, (call) => integer(call.typed(call.word(1), 'list')?.items.length ?? 0)),
  lrange: reads(4, lrange),
  lindex: reads(3, lindex),
  lset: adds(4, lset),
  ltrim: shrinks(4, ltrim),
  lrem: shrinks(4, lrem),
};

function push(call: Call, end: End, onlyPresent: boolean): Reply {
  const key = call.word(1);
  const more = call.words.slice(2);
  const list = call.forAdding(key, 'list');
  if (onlyPresent && list.items.length === 0) return integer(0);
  list.items = end === 'left' ? [...more.reverse(), ...list.items] : [...list.items, ...more];
  call.store(key, list);
  return integer(list.items.length);
}

function pop(call: Call, end: End): Reply {
  if (call.words.length > 3) {
    throw new CommandError(`ERR wrong number of arguments for '${call.word(0).toLowerCase()}' command`);
  }
  const key = call.word(1);
  const count = call.words.length === 3 ? call.count(2) : null;
  const list = call.typed(key, 'list');
  if (list === null) return count === null ? NIL : NIL_ARRAY;
  if (count === 0) return EMPTY_ARRAY;
  const take = Math.min(count ?? 1, list.items.length);
  const at = end === 'left' ? 0 : list.items.length - take;
  const taken = list.items.splice(at, take);
  call.store(key, list);
  if (count === null) return bulk(taken[0]!);
  return bulks(end === 'left' ? taken : taken.reverse());
}

function lrange(call: Call): Reply {
  const start = call.index(2);
  const stop = call.index(3);
  const items = call.typed(call.word(1), 'list')?.items ?? [];
  return bulks(items.slice(...rangeOf(start, stop, items.length)));
}

function lindex(call: Call): Reply {
  const items = call.typed(call.word(1), 'list')?.items;
  return items === undefined ? NIL : bulk(items.at(call.index(2)) ?? null);
}

function lset(call: Call): Reply {
  const key = call.word(1);
  const list = call.typed(key, 'list');
  if (list === null) throw new CommandError('ERR no such key');
  const index = call.index(2);
  const at = index < 0 ? list.items.length + index : index;
  if (at < 0 || at >= list.items.length) throw new CommandError('ERR index out of range');
  list.items[at] = call.word(3);
  call.store(key, list);
  return OK;
}

function ltrim(call: Call): Reply {
  const start = call.index(2);
  const stop = call.index(3);
  const key = call.word(1);
  const list = call.typed(key, 'list');
  if (list === null) return OK;
  const kept = list.items.slice(...rangeOf(start, stop, list.items.length));
  if (kept.length === list.items.length) return OK;
  list.items = kept;
  call.store(key, list);
  return OK;
}

/** A positive count takes the first ones out, a negative one the last, 0 all. */
function lrem(call: Call): Reply {
  const [, key, , wanted] = call.words as [string, string, string, string];
  const count = call.index(2);
  const list = call.typed(key, 'list');
  if (list === null) return integer(0);
  let left = count === 0 ? Infinity : Math.abs(count);
  const items = count < 0 ? list.items.toReversed() : list.items;
  const kept = items.filter((item) => {
    if (item !== wanted || left === 0) return true;
    left--;
    return false;
  });
  const removed = items.length - kept.length;
  if (removed === 0) return integer(0);
  list.items = count < 0 ? kept.reverse() : kept;
  call.store(key, list);
  return integer(removed);
}

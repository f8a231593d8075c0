import { adds, type Call, CommandError, type CommandTable, reads, shrinks } from './call.js';
import { array, bulk, bulks, integer, OK } from './encode-reply.js';
import { isInt64, parseInt64 } from './numbers.js';
import type { Reply } from './reply.js';

/** Commands of hashes, as Redis 7.0 has them. */
export const HASH_COMMANDS: CommandTable = {
  hset: adds(-4, (call) => integer(setFields(call))),
  hmset: adds(-4, (call) => {
    setFields(call);
    return OK;
  }),
  hsetnx: adds(4, hsetnx),
  hget: reads(3, (call) => bulk(fieldsOf(call)?.get(call.word(2)) ?? null)),
  hmget: reads(-3, hmget),
  hgetall: reads(2, (call) => bulks([...(fieldsOf(call) ?? [])].flat())),
  hdel: shrinks(-3, hdel),
  hlen: reads(2, (call) => integer(fieldsOf(call)?.size ?? 0)),
  hexists: reads(3, (call) => integer(fieldsOf(call)?.has(call.word(2)) === true ? 1 : 0)),
  hincrby: adds(4, hincrby),
};

function fieldsOf(call: Call): Map<string, string> | null {
  return call.typed(call.word(1), 'hash')?.fields ?? null;
}

/** @returns how many fields are new */
function setFields(call: Call): number {
  const { words } = call;
  if (words.length % 2 === 1) {
    throw new CommandError(`ERR wrong number of arguments for '${call.word(0).toLowerCase()}' command`);
  }
  const key = call.word(1);
  const hash = call.forAdding(key, 'hash');
  const before = hash.fields.size;
  for (let at = 2; at < words.length; at += 2) hash.fields.set(words[at]!, words[at + 1]!);
  call.store(key, hash);
  return hash.fields.size - before;
}

function hsetnx(call: Call): Reply {
  const [, key, field, value] = call.words as [string, string, string, string];
  const hash = call.forAdding(key, 'hash');
  if (hash.fields.has(field)) return integer(0);
  hash.fields.set(field, value);
  call.store(key, hash);
  return integer(1);
}

function hmget(call: Call): Reply {
  const fields = fieldsOf(call);
  return array(call.words.slice(2).map((field) => bulk(fields?.get(field) ?? null)));
}

function hdel(call: Call): Reply {
  const key = call.word(1);
  const hash = call.typed(key, 'hash');
  if (hash === null) return integer(0);
  const removed = call.words.slice(2).filter((field) => hash.fields.delete(field)).length;
  if (removed > 0) call.store(key, hash);
  return integer(removed);
}

function hincrby(call: Call): Reply {
  const [, key, field] = call.words as [string, string, string];
  const step = call.integer(3);
  const hash = call.forAdding(key, 'hash');
  const old = parseInt64(hash.fields.get(field) ?? '0');
  if (old === null) throw new CommandError('ERR hash value is not an integer');
  const sum = old + step;
  if (!isInt64(sum)) throw new CommandError('ERR increment or decrement would overflow');
  hash.fields.set(field, `${sum}`);
  call.store(key, hash);
  return integer(sum);
}

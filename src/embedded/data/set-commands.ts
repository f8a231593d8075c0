import { adds, type Call, CommandError, type CommandTable, reads, SYNTAX_ERROR, shrinks } from './call.js';
import { bulk, bulks, EMPTY_ARRAY, integer, NIL } from './encode-reply.js';
import type { Reply } from './reply.js';

/** Commands of sets, as Redis 7.0 has them. */
export const SET_COMMANDS: CommandTable = {
  sadd: adds(-3, sadd),
  srem: shrinks(-3, srem),
  smembers: reads(2, (call) => bulks(call.typed(call.word(1), 'set')?.members ?? [])),
  sismember: reads(3, sismember),
  scard: reads(2, (call) => integer(call.typed(call.word(1), 'set')?.members.size ?? 0)),
  spop: shrinks(-2, spop),
};

function sadd(call: Call): Reply {
  const key = call.word(1);
  const set = call.forAdding(key, 'set');
  const before = set.members.size;
  for (const member of call.words.slice(2)) set.members.add(member);
  const added = set.members.size - before;
  if (added > 0) call.store(key, set);
  return integer(added);
}

function srem(call: Call): Reply {
  const key = call.word(1);
  const set = call.typed(key, 'set');
  if (set === null) return integer(0);
  const removed = call.words.slice(2).filter((member) => set.members.delete(member)).length;
  if (removed > 0) call.store(key, set);
  return integer(removed);
}

function sismember(call: Call): Reply {
  return integer(call.typed(call.word(1), 'set')?.members.has(call.word(2)) === true ? 1 : 0);
}

/** Which members go is random, so the stream names them. */
function spop(call: Call): Reply {
  if (call.words.length > 3) throw new CommandError(SYNTAX_ERROR);
  const key = call.word(1);
  const count = call.words.length === 3 ? call.count(2) : null;
  const set = call.typed(key, 'set');
  if (set === null) return count === null ? NIL : EMPTY_ARRAY;
  if (count === 0) return EMPTY_ARRAY;
  const whole = count !== null && count >= set.members.size;
  const taken = whole ? [...set.members] : sample(set.members, count ?? 1, call.setting.random);
  for (const member of taken) set.members.delete(member);
  call.store(key, set);
  if (whole) call.instead([['DEL', key]]);
  else call.instead(taken.map((member) => ['SREM', key, member]));
  return count === null ? bulk(taken[0]!) : bulks(taken);
}

/** Different members, at most all of them; random gives numbers from 0 to below 1. */
function sample(members: ReadonlySet<string>, count: number, random: () => number): string[] {
  const left = [...members];
  const taken: string[] = [];
  while (taken.length < count && left.length > 0) {
    const index = Math.floor(random() * left.length);
    taken.push(left[index]!);
    left[index] = left.at(-1)!;
    left.pop();
  }
  return taken;
}

import { adds, type Call, CommandError, type CommandTable, NOT_AN_INTEGER } from './call.js';
import { bulk, integer } from './encode-reply.js';
import { addLongDoubles, formatLongDouble, parseLongDouble } from './long-double.js';
import { isInt64, parseInt64 } from './numbers.js';
import type { Reply } from './reply.js';

/** Commands that count in a string, as Redis 7.0 has them. */
export const COUNTER_COMMANDS: CommandTable = {
  incr: adds(2, (call) => count(call, 1n)),
  decr: adds(2, (call) => count(call, -1n)),
  incrby: adds(3, (call) => count(call, call.integer(2))),
  decrby: adds(3, decrby),
  incrbyfloat: adds(3, incrbyfloat),
};

function count(call: Call, step: bigint): Reply {
  const key = call.word(1);
  const old = parseInt64(call.typed(key, 'string')?.text ?? '0');
  if (old === null) throw new CommandError(NOT_AN_INTEGER);
  const sum = old + step;
  if (!isInt64(sum)) throw new CommandError('ERR increment or decrement would overflow');
  call.store(key, { type: 'string', text: `${sum}` });
  return integer(sum);
}

function decrby(call: Call): Reply {
  const step = call.integer(2);
  if (!isInt64(-step)) throw new CommandError('ERR decrement would overflow');
  return count(call, -step);
}

function incrbyfloat(call: Call): Reply {
  const key = call.word(1);
  const old = parseLongDouble(call.typed(key, 'string')?.text ?? '0');
  const step = parseLongDouble(call.word(2));
  if (old === null || step === null) throw new CommandError('ERR value is not a valid float');
  const text = formatLongDouble(addLongDoubles(old, step));
  call.store(key, { type: 'string', text });
  // Another machine may count otherwise, so the result is what is passed on.
  call.instead([['SET', key, text, 'KEEPTTL']]);
  return bulk(text);
}

import { type Call, CommandError, type CommandTable, reads, shrinks } from './call.js';
import { integer } from './encode-reply.js';
import { expiryTime, type TimeUnit } from './expiry-time.js';
import type { Reply } from './reply.js';

/** Commands of expiries, as Redis 7.0 has them. */
export const EXPIRE_COMMANDS: CommandTable = {
  expire: shrinks(-3, (call) => expire(call, 'seconds', call.now)),
  pexpire: shrinks(-3, (call) => expire(call, 'milliseconds', call.now)),
  expireat: shrinks(-3, (call) => expire(call, 'seconds', null)),
  pexpireat: shrinks(-3, (call) => expire(call, 'milliseconds', null)),
  persist: shrinks(2, persist),
  ttl: reads(2, (call) => timeToLive(call, 1000)),
  pttl: reads(2, (call) => timeToLive(call, 1)),
};

function parseConditions(call: Call): Set<string> {
  const options = call.words.slice(3);
  const conditions = new Set(options.map((word) => word.toUpperCase()));
  const unknown = options.find((word) => !['NX', 'XX', 'GT', 'LT'].includes(word.toUpperCase()));
  if (unknown !== undefined) throw new CommandError(`ERR Unsupported option ${unknown}`);
  if (conditions.has('NX') && conditions.size > 1) {
    throw new CommandError('ERR NX and XX, GT or LT options at the same time are not compatible');
  }
  if (conditions.has('GT') && conditions.has('LT')) {
    throw new CommandError('ERR GT and LT options at the same time are not compatible');
  }
  return conditions;
}

/** base: ms since the epoch that the time counts from; null: it is absolute. */
function expire(call: Call, unit: TimeUnit, base: number | null): Reply {
  const [name, key] = call.words as [string, string];
  const conditions = parseConditions(call);
  const amount = call.integer(2);
  const at = expiryTime(amount, unit, base, name.toLowerCase(), amount);
  if (call.lookup(key) === null || !allows(conditions, call.db.expiry(key), at)) return integer(0);
  if (at <= call.now && call.setting.expiry === 'delete') {
    call.db.delete(key);
    call.instead([['DEL', key]]);
  } else {
    call.db.setExpiry(key, at);
    call.instead([['PEXPIREAT', key, `${at}`, ...call.words.slice(3)]]);
  }
  return integer(1);
}

/** No expiry counts as one at the end of time. */
function allows(conditions: ReadonlySet<string>, current: number | null, at: number): boolean {
  if (conditions.has('NX') && current !== null) return false;
  if (conditions.has('XX') && current === null) return false;
  if (conditions.has('GT') && (current === null || at <= current)) return false;
  return !(conditions.has('LT') && current !== null && at >= current);
}

function persist(call: Call): Reply {
  const key = call.word(1);
  if (call.lookup(key) === null || call.db.expiry(key) === null) return integer(0);
  call.db.setExpiry(key, null);
  call.changed();
  return integer(1);
}

/** unit: ms. -2: no such key; -1: no expiry. */
function timeToLive(call: Call, unit: number): Reply {
  const key = call.word(1);
  if (call.lookup(key) === null) return integer(-2);
  const at = call.db.expiry(key);
  if (at === null) return integer(-1);
  return integer(Math.round(Math.max(0, at - call.now) / unit));
}

import { adds, type Call, CommandError, type CommandTable, reads, SYNTAX_ERROR, shrinks } from './call.js';
import { array, bulk, bulks, error, integer, NIL, OK, simple } from './encode-reply.js';
import { globTest } from './glob.js';
import { objectEncoding } from './object-encoding.js';
import type { Reply } from './reply.js';

/** Commands that take any type of value, as Redis 7.0 has them; those of expiries are in expire-commands.ts. */
export const KEY_COMMANDS: CommandTable = {
  del: shrinks(-2, del),
  unlink: shrinks(-2, del),
  exists: reads(-2, exists),
  type: reads(2, (call) => simple(call.lookup(call.word(1))?.type ?? 'none')),
  rename: adds(3, rename),
  keys: reads(2, keys),
  scan: reads(-2, scan),
  randomkey: reads(1, randomkey),
  dbsize: reads(1, (call) => integer(call.db.size)),
  object: reads(-2, object),
  flushdb: shrinks(-1, (call) => flush(call, false)),
  flushall: shrinks(-1, (call) => flush(call, true)),
};

function del(call: Call): Reply {
  let deleted = 0;
  for (const key of call.words.slice(1)) {
    call.lookup(key);
    // Not by what lookup says: a replica's client never gets here, and for the master's stream every key is there.
    if (call.db.delete(key)) deleted++;
  }
  if (deleted > 0) call.changed();
  return integer(deleted);
}

function exists(call: Call): Reply {
  return integer(call.words.slice(1).filter((key) => call.lookup(key) !== null).length);
}

function rename(call: Call): Reply {
  const [, from, to] = call.words as [string, string, string];
  const value = call.lookup(from);
  if (value === null) throw new CommandError('ERR no such key');
  if (from === to) return OK;
  call.lookup(to);
  const expiry = call.db.expiry(from);
  call.db.delete(from);
  call.store(to, value);
  call.db.setExpiry(to, expiry);
  return OK;
}

/** Keys that are not past their time, without taking those out. */
function livingKeys(call: Call): string[] {
  const { now, expiry } = call.setting;
  return [...call.db.keys()].filter((key) => expiry === 'ignore' || !call.db.isExpired(key, now));
}

function keys(call: Call): Reply {
  return bulks(livingKeys(call).filter(globTest(call.word(1))));
}

/** The whole database in one pass: the cursor is 0 at once. A server may give more keys than COUNT, so a client takes that. */
function scan(call: Call): Reply {
  if (!/^\d{1,20}$/.test(call.word(1))) throw new CommandError('ERR invalid cursor');
  let matches = (_key: string): boolean => true;
  let type: string | null = null;
  for (let at = 2; at < call.words.length; at += 2) {
    if (at + 1 >= call.words.length) throw new CommandError(SYNTAX_ERROR);
    const name = call.option(at);
    if (name === 'MATCH') matches = globTest(call.word(at + 1));
    else if (name === 'TYPE') type = call.word(at + 1).toLowerCase();
    else if (name !== 'COUNT' || call.integer(at + 1) < 1n) throw new CommandError(SYNTAX_ERROR);
  }
  const found = [...call.db.keys()].filter((key) => {
    if (!matches(key)) return false;
    const value = call.lookup(key);
    return value !== null && (type === null || value.type === type);
  });
  return array([bulk('0'), bulks(found)]);
}

function randomkey(call: Call): Reply {
  const living = livingKeys(call);
  return bulk(living[Math.floor(call.setting.random() * living.length)] ?? null);
}

function object(call: Call): Reply {
  if (call.option(1) !== 'ENCODING') {
    return error(`ERR unknown subcommand '${call.word(1)}'. Try OBJECT HELP.`);
  }
  if (call.words.length !== 3) {
    return error("ERR wrong number of arguments for 'object|encoding' command");
  }
  const value = call.lookup(call.word(2));
  return value === null ? NIL : bulk(objectEncoding(value));
}

function flush(call: Call, all: boolean): Reply {
  const { words } = call;
  if (words.length > 2 || (words.length === 2 && !['SYNC', 'ASYNC'].includes(call.option(1)))) {
    throw new CommandError(SYNTAX_ERROR);
  }
  for (const db of all ? call.setting.databases : [call.db]) db.clear();
  // Passed on even when there was nothing: the replica may have something.
  call.changed();
  return OK;
}

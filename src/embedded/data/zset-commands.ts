import { adds, type Call, CommandError, type CommandTable, reads, SYNTAX_ERROR, shrinks } from './call.js';
import { bulk, bulks, integer, NIL } from './encode-reply.js';
import { rangeOf } from './index-range.js';
import { formatDouble, parseDouble } from './numbers.js';
import type { Reply } from './reply.js';

/** Commands of sorted sets, as Redis 7.0 has them. */
export const ZSET_COMMANDS: CommandTable = {
  zadd: adds(-4, zadd),
  zincrby: adds(4, (call) => addScores(call, new Set(['INCR']), 2)),
  zrem: shrinks(-3, zrem),
  zscore: reads(3, zscore),
  zcard: reads(2, (call) => integer(call.typed(call.word(1), 'zset')?.scores.size ?? 0)),
  zrank: reads(3, zrank),
  zrange: reads(-4, zrange),
  zrangebyscore: reads(-4, zrangebyscore),
};

function zadd(call: Call): Reply {
  const options = new Set<string>();
  let at = 2;
  while (['NX', 'XX', 'GT', 'LT', 'CH', 'INCR'].includes(call.option(at))) options.add(call.option(at++));
  const has = (name: string) => options.has(name);
  const pairs = (call.words.length - at) / 2;
  if (pairs < 1 || !Number.isInteger(pairs)) throw new CommandError(SYNTAX_ERROR);
  if (has('NX') && has('XX')) {
    throw new CommandError('ERR XX and NX options at the same time are not compatible');
  }
  if ((has('GT') && has('NX')) || (has('LT') && has('NX')) || (has('GT') && has('LT'))) {
    throw new CommandError('ERR GT, LT, and/or NX options at the same time are not compatible');
  }
  if (has('INCR') && pairs > 1) {
    throw new CommandError('ERR INCR option supports a single increment-element pair');
  }
  return addScores(call, options, at);
}

/** Sets or counts up the scores of the pairs from index `from` on. */
function addScores(call: Call, options: ReadonlySet<string>, from: number): Reply {
  const pairs: [string, number][] = [];
  for (let at = from; at < call.words.length; at += 2) {
    const score = parseDouble(call.word(at));
    if (score === null) throw new CommandError('ERR value is not a valid float');
    pairs.push([call.word(at + 1), score]);
  }
  const key = call.word(1);
  const zset = call.forAdding(key, 'zset');
  const counting = options.has('INCR');
  let added = 0;
  let updated = 0;
  let result: number | null = null;
  for (const [member, given] of pairs) {
    const old = zset.scores.score(member);
    const score = counting && old !== undefined ? old + given : given;
    if (Number.isNaN(score)) throw new CommandError('ERR resulting score is not a number (NaN)');
    if (!allows(options, old, score)) continue;
    result = score;
    if (old === undefined) added++;
    else if (old !== score) updated++;
    else continue;
    // A small sorted set of Redis 7.0 keeps integers as such, so that -0 loses its sign.
    zset.scores.set(member, score + 0);
  }
  if (added + updated > 0) call.store(key, zset);
  if (counting) return result === null ? NIL : bulk(formatDouble(result));
  return integer(options.has('CH') ? added + updated : added);
}

function allows(options: ReadonlySet<string>, old: number | undefined, score: number): boolean {
  if (old === undefined) return !options.has('XX');
  if (options.has('NX')) return false;
  if (options.has('GT') && score <= old) return false;
  return !(options.has('LT') && score >= old);
}

function zrem(call: Call): Reply {
  const key = call.word(1);
  const zset = call.typed(key, 'zset');
  if (zset === null) return integer(0);
  const removed = call.words.slice(2).filter((member) => zset.scores.delete(member)).length;
  if (removed > 0) call.store(key, zset);
  return integer(removed);
}

function zscore(call: Call): Reply {
  const score = call.typed(call.word(1), 'zset')?.scores.score(call.word(2));
  return score === undefined ? NIL : bulk(formatDouble(score));
}

function zrank(call: Call): Reply {
  const scores = call.typed(call.word(1), 'zset')?.scores;
  if (scores?.score(call.word(2)) === undefined) return NIL;
  return integer(scores.sorted().findIndex(([member]) => member === call.word(2)));
}

type Pairs = readonly (readonly [string, number])[];

function membersReply(pairs: Pairs, withScores: boolean): Reply {
  return bulks(pairs.flatMap(([member, score]) => (withScores ? [member, formatDouble(score)] : [member])));
}

/** By rank; the other forms of 6.2 (BYSCORE, BYLEX, LIMIT) are not taken. */
function zrange(call: Call): Reply {
  const options = call.words.slice(4).map((word) => word.toUpperCase());
  if (options.some((name) => name !== 'WITHSCORES' && name !== 'REV')) throw new CommandError(SYNTAX_ERROR);
  const start = call.index(2);
  const stop = call.index(3);
  const sorted = call.typed(call.word(1), 'zset')?.scores.sorted() ?? [];
  const pairs = options.includes('REV') ? sorted.toReversed() : sorted;
  return membersReply(pairs.slice(...rangeOf(start, stop, pairs.length)), options.includes('WITHSCORES'));
}

/** An end of a range of scores; "(" before it leaves the score itself out. */
function parseBound(text: string): { score: number; open: boolean } {
  const open = text.startsWith('(');
  const score = parseDouble(open ? text.slice(1) : text);
  if (score === null) throw new CommandError('ERR min or max is not a float');
  return { score, open };
}

function zrangebyscore(call: Call): Reply {
  let withScores = false;
  let offset = 0;
  let limit = -1;
  for (let at = 4; at < call.words.length; at++) {
    if (call.option(at) === 'WITHSCORES') withScores = true;
    else if (call.option(at) === 'LIMIT' && at + 2 < call.words.length) {
      offset = call.index(at + 1);
      limit = call.index(at + 2);
      at += 2;
    } else throw new CommandError(SYNTAX_ERROR);
  }
  const min = parseBound(call.word(2));
  const max = parseBound(call.word(3));
  const sorted = call.typed(call.word(1), 'zset')?.scores.sorted() ?? [];
  const inside = sorted.filter(([, score]) => {
    const high = min.open ? score > min.score : score >= min.score;
    return high && (max.open ? score < max.score : score <= max.score);
  });
  if (offset < 0) return membersReply([], withScores);
  return membersReply(inside.slice(offset, limit < 0 ? undefined : offset + limit), withScores);
}

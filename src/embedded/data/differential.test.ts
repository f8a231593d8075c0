import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pickerOf, randomCommand } from '../../testing/random-command.js';
import { random } from '../../testing/rdb-trace.js';
import { RawClient, StreamListener } from '../../testing/redis-peer.js';
import { freePort, RedisServer } from '../../testing/redis-server.js';
import { waitFor } from '../../testing/run-cli.js';
import { toText } from './bytes.js';
import { commandOf } from './call.js';
import { Dataset } from './dataset.js';
import { encodeReply } from './encode-reply.js';

/**
 * The same random commands go to a real redis-server 7.0 and to our data set: replies, digests, and what is passed on to replicas have
 * to be the same. Where one of them tells a time, a few seconds of difference are allowed.
 */

/** Replies whose order a server does not promise; of HGETALL, in pairs. */
const UNORDERED = ['SMEMBERS', 'HGETALL', 'KEYS', 'SCAN', 'SPOP'];
/** A command that is passed on and changes nothing: it shows which effects belong to which command. */
const MARK = 'PUBLISH';
const DIGEST_EVERY = 100;

let folder: string;
let server: RedisServer;
let client: RawClient;
let listener: StreamListener;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'differential-'));
  const options = ['--enable-debug-command', 'yes', '--repl-diskless-sync', 'no'];
  server = new RedisServer(await freePort(), folder, options);
  await server.start();
  client = await RawClient.open(server.port);
  await client.ask('DEBUG', 'SET-ACTIVE-EXPIRE', '0');
  listener = await StreamListener.open(server.port);
  await waitFor('the payload', () => listener.payload());
});

afterAll(async () => {
  client.close();
  listener.close();
  await server.stop();
  rmSync(folder, { recursive: true });
});

/** Times within some days of now, in ms, are told as tens of seconds from now. */
function timeless(text: string, now: number): string {
  return text.replaceAll(/\b\d{13}\b/g, (time) => {
    const distance = Number(time) - now;
    return Math.abs(distance) < 1_000_000_000 ? `<now ${Math.round(distance / 10_000)}>` : time;
  });
}

function comparable(words: readonly string[], reply: string, now: number): string {
  const name = words[0]!.toUpperCase();
  if (/^P?TTL$/.test(name)) return reply.replace(/^:\d{4,}/, ':LONG');
  if (!UNORDERED.includes(name) || reply.startsWith('-')) return timeless(reply, now);
  const items = reply.match(/\$\d+\r\n[\s\S]*?\r\n(?=[$*]|$)/g) ?? [];
  const pairs = name === 'HGETALL' ? items.flatMap((item, i) => (i % 2 ? [] : [item + items[i + 1]])) : items;
  return pairs.sort().join('');
}

/** A server puts a transaction around what belongs together. */
function transacted(effects: readonly string[]): string[] {
  return effects.length > 1 ? ['MULTI', ...effects, 'EXEC'] : [...effects];
}

/** Runs the commands on both. */
async function compare(commands: readonly (readonly string[])[]): Promise<void> {
  const ours = new Dataset();
  const replica = new Dataset();
  const now = Date.now();
  const requests = commands.flatMap((words, i) => {
    const digest = i % DIGEST_EVERY === 0 ? [['DEBUG', 'DIGEST']] : [];
    return [words, [MARK, 'mark', `${i}`], ...digest];
  });
  await client.askAll([['FLUSHALL'], [MARK, 'mark', 'begin']]);
  const replies = await client.askAll([...requests, [MARK, 'mark', 'end']]);
  const stream = await waitFor('the stream', () => {
    const all = listener.commands();
    const begin = all.findLastIndex((words) => words[2] === 'begin');
    return all.at(-1)?.[2] === 'end' && all.slice(begin + 1);
  });
  const effects = effectsBetweenMarks(stream);
  let at = 0;
  for (const [i, words] of commands.entries()) {
    const context = { db: 0, now: now * 1000, replicated: false };
    const outcome = ours.call(commandOf(words), context);
    if (outcome === null) throw new Error(`not known: ${words[0]}`);
    const story = `${i}: ${words.join(' ')}`;
    const reply = toText(encodeReply(outcome.reply));
    expect(comparable(words, reply, now), story).toBe(comparable(words, replies[at]!, now));
    const passed = transacted(outcome.effects.map((effect) => effect.map(toText).join(' ')));
    expect(
      passed.map((text) => timeless(text, now)),
      story,
    ).toEqual(effects[i]!.map((text) => timeless(text, now)));
    for (const effect of outcome.effects) replica.call(effect, { ...context, replicated: true });
    at += 2;
    if (i % DIGEST_EVERY === 0) expect(`+${ours.digest()}\r\n`, `digest behind ${story}`).toBe(replies[at++]);
  }
  expect(replica.digest(), 'of a data set that got only what is passed on').toBe(ours.digest());
}

function effectsBetweenMarks(stream: readonly string[][]): string[][] {
  const effects: string[][] = [[]];
  for (const words of stream) {
    if (words[0] === MARK) effects.push([]);
    else if (!['SELECT', 'PING'].includes(words[0]!)) effects.at(-1)!.push(words.join(' '));
  }
  return effects;
}

describe('against a real server', () => {
  for (const seed of [1, 2, 3, 4]) {
    it(`2000 random commands, seed ${seed}`, async () => {
      const pick = pickerOf(random(seed));
      const now = Date.now();
      await compare(Array.from({ length: 2000 }, () => randomCommand(pick, now)));
    });
  }

  it('scores of any size, and such that lie half-way between two of 17 digits', async () => {
    const next = random(5);
    const bits = new DataView(new ArrayBuffer(8));
    const anyDouble = () => {
      bits.setUint32(0, next(2 ** 32));
      bits.setUint32(4, next(2 ** 32));
      return bits.getFloat64(0);
    };
    const halfWay = () => (1 + next(9)) * 10 ** next(4) + (2 * next(2 ** 17) + 1) / 2 ** (13 + next(5));
    const scores = Array.from({ length: 1000 }, () => [anyDouble(), halfWay(), next(1000) / 10]).flat();
    const known = [
      5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, 1e17, 123456789012345680, 1e-4, 1e-5,
    ];
    const commands = [...scores, ...known].filter(Number.isFinite).flatMap((score) => [
      ['ZADD', 'z', `${score}`, 'm'],
      ['ZSCORE', 'z', 'm'],
    ]);
    await compare(commands);
  });

  it('sums of INCRBYFLOAT', async () => {
    const next = random(6);
    const digits = (length: number) => Array.from({ length }, () => next(10)).join('');
    const number = () => {
      const power = next(4) === 0 ? `e${next(40) - 20}` : '';
      return `${next(2) ? '-' : ''}${digits(1 + next(18))}.${digits(next(20))}${power}`;
    };
    await compare(
      Array.from({ length: 1500 }, (_, i) =>
        i % 10 ? ['INCRBYFLOAT', 'f', number()] : ['SET', 'f', number()],
      ),
    );
  });

  it('what about trims: nodes of a hundred entries', async () => {
    const add = (i: number) => ['XADD', 'x', `${1000 + i}-0`, 'f', `${i}`];
    const adds = Array.from({ length: 350 }, (_, i) => add(i));
    const trims = [250, 249, 260, 151, 150, 60, 1].map((most) => ['XTRIM', 'x', 'MAXLEN', '~', `${most}`]);
    const more = Array.from({ length: 300 }, (_, i) => {
      const [name, key, ...rest] = add(500 + i) as [string, string, ...string[]];
      return [name, key, 'MAXLEN', '~', '120', ...rest];
    });
    await compare([...adds, ...trims, ...more]);
  });

  it('ids of the clock, random members, and a score whose sign is lost', async () => {
    await compare([
      ['DBSIZE'],
      ['XADD', 'x1', '*', 'a', 'b'],
      ['xadd', 'x2', 'NOMKSTREAM', '*', 'a', 'b'],
      ['XADD', 'x3', 'MAXLEN', '~', '10', '*', 'a', 'b'],
      ['SADD', 's', 'same'],
      ['SPOP', 's'],
      ['EXISTS', 's'],
      ['SET', 'only', '1'],
      ['DEL', 'x1', 'x3'],
      ['RANDOMKEY'],
      ['ZADD', 'z', '-0', 'a'],
      ['ZRANGE', 'z', '0', '-1', 'WITHSCORES'],
      ['OBJECT', 'ENCODING', 'z'],
      ['SET', 'only', '1', 'PXAT', '1'],
      ['DBSIZE'],
      ['KEYS', '*'],
      ['MGET', 'only', 'only'],
      ['DBSIZE'],
    ]);
  });

  it('SPOP tells which members went', async () => {
    const commands = [
      ['SADD', 's', 'a', 'b', 'c', 'd'],
      ['SPOP', 's'],
      ['SPOP', 's', '2'],
    ];
    const begin = listener.commands().length;
    await client.askAll([['DEL', 's'], ...commands, [MARK, 'mark', 'end']]);
    const real = await waitFor('the stream', () => {
      const all = listener.commands().slice(begin);
      return all.at(-1)?.[2] === 'end' && effectsBetweenMarks(all)[0];
    });
    const ours = new Dataset();
    const passed = commands.flatMap((words) => {
      const outcome = ours.call(commandOf(words), { db: 0, now: 0, replicated: false });
      return transacted(outcome!.effects.map((effect) => effect.map(toText).join(' ')));
    });
    const anonymous = (texts: string[]) =>
      texts.map((text) => text.replace(/^SREM s [a-d]$/, 'SREM s MEMBER'));
    expect(anonymous(passed)).toEqual(anonymous(real));
    expect(passed).toHaveLength(6);
    expect(ours.databases[0]!.get('s')).toMatchObject({ members: { size: 1 } });
  });
});

import { describe, expect, it } from 'vitest';
import { toText } from './bytes.js';
import { commandOf } from './call.js';
import { type CallContext, Dataset } from './dataset.js';
import {
  array,
  bulk,
  bulks,
  encodeReply,
  error,
  integer,
  NIL,
  NIL_ARRAY,
  OK,
  simple,
} from './encode-reply.js';
import { MAX_KEYS, MAX_STRING_BYTES } from './limits.js';

/** µs */
const NOW = 1_700_000_000_000_000;
const MASTER: CallContext = { db: 0, now: NOW, replicated: false };
const STREAM: CallContext = { db: 0, now: NOW, replicated: true };
const REPLICA_CLIENT: CallContext = { db: 0, now: NOW, replicated: false, keepsExpired: true };

/** Runs a command of blank-separated words. @returns the reply as on the wire, and what is passed on */
function run(dataset: Dataset, text: string, context = MASTER): { reply: string; effects: string[] } {
  const outcome = dataset.call(commandOf(text.split(' ')), context);
  if (outcome === null) throw new Error(`unknown: ${text}`);
  const effects = outcome.effects.map((effect) => effect.map(toText).join(' '));
  return { reply: toText(encodeReply(outcome.reply)), effects };
}

function at(offset: number, context = MASTER): CallContext {
  return { ...context, now: context.now + offset };
}

describe('keys whose time is over', () => {
  function withExpiry(): Dataset {
    const dataset = new Dataset();
    run(dataset, 'SET k v PX 10');
    return dataset;
  }

  it('stay to the end of their millisecond', () => {
    expect(run(withExpiry(), 'GET k', at(10_999)).reply).toBe('$1\r\nv\r\n');
    expect(run(withExpiry(), 'GET k', at(11_000)).reply).toBe('$-1\r\n');
  });

  it('go from a master at the first access, with a DEL', () => {
    const dataset = withExpiry();
    expect(run(dataset, 'GET k', at(20_000)).effects).toEqual(['DEL k']);
    expect(dataset.totalKeys()).toBe(0);
    expect(run(dataset, 'GET k', at(20_000)).effects).toEqual([]);
  });

  it('are hidden from the clients of a replica, and stay', () => {
    const dataset = withExpiry();
    for (const text of ['GET k', 'EXISTS k', 'TTL k', 'KEYS *']) {
      const { reply, effects } = run(dataset, text, at(20_000, REPLICA_CLIENT));
      expect(reply).toMatch(/^(\$-1|:0|:-2|\*0)\r\n$/);
      expect(effects).toEqual([]);
    }
    expect(dataset.totalKeys()).toBe(1);
  });

  it('are there for what the master says', () => {
    const dataset = withExpiry();
    expect(run(dataset, 'APPEND k w', at(20_000, STREAM)).reply).toBe(':2\r\n');
    expect(run(dataset, 'PEXPIREAT k 1', STREAM).reply).toBe(':1\r\n');
    expect(dataset.totalKeys()).toBe(1);
    expect(run(dataset, 'DEL k', STREAM).reply).toBe(':1\r\n');
  });

  it('go by themselves, a few at a time', () => {
    const dataset = new Dataset();
    for (const key of ['a', 'b', 'c']) run(dataset, `SET ${key} v PX 10`);
    run(dataset, 'SET d v PX 10', { ...MASTER, db: 7 });
    run(dataset, 'SET late v PX 1000');
    run(dataset, 'SET good v');
    expect(dataset.expire(NOW + 10_000, 9)).toEqual([]);
    const first = dataset.expire(NOW + 11_000, 3);
    const rest = dataset.expire(NOW + 11_000, 3);
    const told = [...first, ...rest].map(({ db, effect }) => `${db} ${effect.map(toText).join(' ')}`);
    expect(told).toEqual(['0 DEL a', '0 DEL b', '0 DEL c', '7 DEL d']);
    expect(first).toHaveLength(3);
    expect([...dataset.databases[0]!.keys()]).toEqual(['late', 'good']);
  });
});

describe('commands', () => {
  it('that are none of data are left to the caller', () => {
    const dataset = new Dataset();
    for (const words of [['PING'], ['constructor'], ['']]) {
      expect(dataset.call(commandOf(words), MASTER)).toBeNull();
      expect(dataset.inspect(commandOf(words))).toBeNull();
    }
    expect(dataset.call([], MASTER)).toBeNull();
    expect(() => dataset.call(commandOf(['GET', 'k']), { ...MASTER, db: 16 })).toThrow(RangeError);
  });

  it('are known to write or not, and checked, before they are executed', () => {
    const dataset = new Dataset();
    expect(dataset.inspect(commandOf(['get', 'k']))).toEqual({ write: false, error: null });
    expect(dataset.inspect(commandOf(['Del', 'k']))).toEqual({ write: true, error: null });
    const wrong = error("ERR wrong number of arguments for 'del' command");
    expect(dataset.inspect(commandOf(['DEL']))).toEqual({ write: true, error: wrong });
  });

  it('keep databases apart', () => {
    const dataset = new Dataset();
    run(dataset, 'SET k zero');
    run(dataset, 'SET k two', { ...MASTER, db: 2 });
    expect(run(dataset, 'GET k').reply).toBe('$4\r\nzero\r\n');
    expect(dataset.usedDatabases()).toEqual([0, 2]);
    expect([dataset.keyCount(2), dataset.keyCount(3), dataset.totalKeys()]).toEqual([1, 0, 2]);
    const digest = dataset.digest();
    run(dataset, 'FLUSHDB', { ...MASTER, db: 2 });
    expect(dataset.digest()).not.toBe(digest);
    run(dataset, 'FLUSHALL', { ...MASTER, db: 5 });
    expect(dataset.digest()).toBe('0'.repeat(40));
  });

  it('take as much as they are allowed to', () => {
    const dataset = new Dataset();
    const refused = "-OOM command not allowed when used memory > 'maxmemory'.\r\n";
    const long = 'x'.repeat(MAX_STRING_BYTES);
    expect(run(dataset, `SET k ${long}`).reply).toBe('+OK\r\n');
    expect(run(dataset, `SET k ${long}x`).reply).toBe(refused);
    expect(run(dataset, 'APPEND k x').reply).toMatch(/^-ERR string exceeds maximum allowed size/);
    expect(run(dataset, 'SETRANGE j 9000000000000 x').reply).toMatch(/^-ERR string exceeds maximum/);
    const keys = Array.from({ length: MAX_KEYS - 1 }, (_, i) => `${i} v`).join(' ');
    expect(run(dataset, `MSET ${keys}`).reply).toBe('+OK\r\n');
    expect(run(dataset, 'SET more v').reply).toBe(refused);
    expect(run(dataset, 'DEL 0').reply).toBe(':1\r\n');
    expect(run(dataset, 'SET more v').reply).toBe('+OK\r\n');
  });

  it('take what is random from the generator that was given', () => {
    const popped = (random: () => number) => {
      const dataset = new Dataset(1, random);
      run(dataset, 'SADD s a b c d');
      return run(dataset, 'SPOP s').effects[0];
    };
    expect(popped(() => 0)).toBe('SREM s a');
    expect(popped(() => 0.999)).toBe('SREM s d');
    expect(popped(() => 0.3)).toBe('SREM s b');
  });

  it('make stream ids of the clock, and go on where it stands still or goes back', () => {
    const dataset = new Dataset();
    const id = (offset: number) => run(dataset, 'XADD x * f v', at(offset)).effects[0]!.split(' ')[2];
    expect([id(0), id(999), id(1000), id(0)]).toEqual([
      '1700000000000-0',
      '1700000000000-1',
      '1700000000001-0',
      '1700000000001-1',
    ]);
  });

  it('answer a hostile pattern in no time', () => {
    const dataset = new Dataset();
    run(dataset, `SET ${'a'.repeat(5000)} v`);
    const begin = performance.now();
    expect(run(dataset, `KEYS ${'*a'.repeat(50)}b`).reply).toBe('*0\r\n');
    expect(performance.now() - begin).toBeLessThan(1000);
  });
});

describe('encodeReply', () => {
  const text = (reply: Parameters<typeof encodeReply>[0]) => toText(encodeReply(reply));

  it('writes each kind', () => {
    expect(text(OK)).toBe('+OK\r\n');
    expect(text(error('ERR no\r\nway'))).toBe('-ERR no  way\r\n');
    expect(text(integer(-3))).toBe(':-3\r\n');
    expect(text(integer(9223372036854775807n))).toBe(':9223372036854775807\r\n');
    expect(text(bulk(Uint8Array.of(0, 255, 13, 10)))).toBe('$4\r\n\0\xff\r\n\r\n');
    expect(text(NIL) + text(NIL_ARRAY)).toBe('$-1\r\n*-1\r\n');
    expect(text(array([simple('a'), bulks(['b', '']), NIL]))).toBe(
      '*3\r\n+a\r\n*2\r\n$1\r\nb\r\n$0\r\n\r\n$-1\r\n',
    );
  });
});

import { describe, expect, it } from 'vitest';
import { NO_KEY, NO_PREFIX, prefixOf } from './key-prefix.js';
import { MAX_PREFIX_BYTES } from './limits.js';

const COLON = Buffer.from(':');

/** The prefix of a command whose name may have a subcommand. */
function prefix(name: string, words: string[], separator = COLON, kept = Number.POSITIVE_INFINITY): string {
  const request = words.map((word) => `$${word.length}\r\n${word}\r\n`).join('');
  const bytes = Buffer.from(`junk*${words.length}\r\n${request}`, 'latin1');
  return prefixOf(name, bytes, 4, Math.min(bytes.length, 4 + kept), separator);
}

describe('the prefix of a key', () => {
  it.each<[string, string[], string]>([
    ['SET', ['SET', 'user:17:name', 'v'], 'user:'],
    ['SET', ['set', 'plain', 'a:b'], NO_PREFIX],
    ['DEL', ['DEL', 'a:1', 'b:2'], 'a:'],
    ['SET', ['SET', ':x', 'v'], ':'],
    ['XGROUP CREATE', ['XGROUP', 'CREATE', 'jobs:1', 'g', '$'], 'jobs:'],
    ['BITOP', ['BITOP', 'AND', 'dest:1', 'src:1'], 'dest:'],
    ['EVAL', ['EVAL', 'return "a:b"', '1', 'lock:1', 'arg:1'], 'lock:'],
    ['EVAL', ['EVAL', 'return "a:b"', '0', 'arg:1'], NO_KEY],
    ['FCALL', ['FCALL', 'f:1', '1', 'k:1'], 'k:'],
    ['MIGRATE', ['MIGRATE', 'h:1', '6379', 'm:1', '0', '10'], 'm:'],
    ['PING', ['PING'], NO_KEY],
    ['PUBLISH', ['PUBLISH', 'news:1', 'x'], NO_KEY],
    ['REPLCONF GETACK', ['REPLCONF', 'GETACK', 'a:b'], NO_KEY],
    ['FUNCTION LOAD', ['FUNCTION', 'LOAD', 'a:b'], NO_KEY],
    ['JSON.SET', ['JSON.SET', 'doc:1', '$', '1'], 'doc:'],
    ['FLUSHALL', ['FLUSHALL'], NO_KEY],
  ])('%s %j: %s', (name, words, expected) => {
    expect(prefix(name, words)).toBe(expected);
  });

  it('ends with any separator', () => {
    expect(prefix('SET', ['SET', 'app::user::1', 'v'], Buffer.from('::'))).toBe('app::');
    expect(prefix('SET', ['SET', 'app/user:1', 'v'], Buffer.from('/'))).toBe('app/');
  });

  it('is bytes, cut where it is long', () => {
    expect(prefix('SET', ['SET', '\u00ff\u0000:x', 'v'])).toBe('\u00ff\u0000:');
    expect(prefix('SET', ['SET', `${'p'.repeat(1000)}:x`, 'v'])).toBe('p'.repeat(MAX_PREFIX_BYTES));
  });

  it('is not known where the key was not captured', () => {
    expect(prefix('SET', ['SET', 'user:17', 'v'], COLON, 16)).toBe(NO_KEY);
  });
});

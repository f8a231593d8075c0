import { describe, expect, it } from 'vitest';
import { type ServerStyle, traitsOf } from '../server/style.js';
import { type Effect, encodeEffects, NO_DATABASE } from './stream-encoding.js';

const set = (db: number): Effect => ({ db, command: ['SET', 'k', 'v'].map((word) => Buffer.from(word)) });

/** Names, and the databases of SELECTs. */
function names(style: ServerStyle, effects: Effect[], exec: boolean, db = NO_DATABASE): string {
  const text = Buffer.from(encodeEffects(effects, db, exec, traitsOf(style)).bytes).toString();
  const found = text.matchAll(/\*\d\r\n\$\d\r\n([A-Z]+)\r\n(?:\$\d\r\n(\d)\r\n)?/g);
  return [...found].map(([, name, number]) => name + (number ?? '')).join(' ');
}

describe('effects in the stream', () => {
  it('are a command alone behind the SELECT it needs', () => {
    expect(names('redis-7.0', [set(0)], false)).toBe('SELECT0 SET');
    expect(names('redis-7.0', [set(0)], false, 0)).toBe('SET');
    expect(encodeEffects([set(3)], 0, false, traitsOf('redis-7.0')).db).toBe(3);
  });

  it('are nothing when nothing changed, of a transaction either', () => {
    expect(encodeEffects([], 2, true, traitsOf('redis-6.2'))).toEqual({ bytes: new Uint8Array(0), db: 2 });
  });

  it.each([
    ['redis-6.2', 'SELECT0 MULTI SET SELECT1 SET EXEC'],
    ['redis-7.0', 'SELECT0 MULTI SET SELECT1 SET EXEC'],
    ['redis-7.2', 'MULTI SELECT0 SET SELECT1 SET EXEC'],
    ['valkey-8.0', 'MULTI SELECT0 SET SELECT1 SET EXEC'],
  ] as const)('are wrapped when they are several: %s', (style, expected) => {
    expect(names(style, [set(0), set(1)], false)).toBe(expected);
  });

  it.each([
    ['redis-6.2', 'SELECT0 MULTI SET EXEC'],
    ['redis-7.0', 'SELECT0 SET'],
  ] as const)('of a transaction with a single write: %s', (style, expected) => {
    expect(names(style, [set(0)], true)).toBe(expected);
  });
});

import { SortedSet } from './sorted-set.js';
import { Stream } from './stream.js';

/** The values of keys. All strings are bytes as Latin-1 text (bytes.ts). */
export type Value =
  | { readonly type: 'string'; text: string }
  | { readonly type: 'list'; items: string[] }
  | { readonly type: 'set'; readonly members: Set<string> }
  | { readonly type: 'zset'; readonly scores: SortedSet }
  | { readonly type: 'hash'; readonly fields: Map<string, string> }
  | { readonly type: 'stream'; readonly stream: Stream };

export type ValueType = Value['type'];
export type ValueOf<T extends ValueType> = Extract<Value, { type: T }>;

const MAKERS: { readonly [T in ValueType]: () => ValueOf<T> } = {
  string: () => ({ type: 'string', text: '' }),
  list: () => ({ type: 'list', items: [] }),
  set: () => ({ type: 'set', members: new Set() }),
  zset: () => ({ type: 'zset', scores: new SortedSet() }),
  hash: () => ({ type: 'hash', fields: new Map() }),
  stream: () => ({ type: 'stream', stream: new Stream() }),
};

export function emptyValue<T extends ValueType>(type: T): ValueOf<T> {
  return MAKERS[type]();
}

/** Elements of a value; a string has one. */
export function sizeOf(value: Value): number {
  switch (value.type) {
    case 'string':
      return 1;
    case 'list':
      return value.items.length;
    case 'set':
      return value.members.size;
    case 'zset':
      return value.scores.size;
    case 'hash':
      return value.fields.size;
    case 'stream':
      return value.stream.length;
  }
}

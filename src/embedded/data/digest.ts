import { createHash } from 'node:crypto';
import { toBytes } from './bytes.js';
import type { Database } from './keyspace.js';
import { formatDouble } from './numbers.js';
import { msOf, seqOf } from './stream-id.js';
import type { Value, ValueType } from './values.js';

/** The type numbers of Redis objects. */
const TYPE_NUMBERS: Readonly<Record<ValueType, number>> = {
  string: 0,
  list: 1,
  set: 2,
  zset: 3,
  hash: 4,
  stream: 6,
};
const DIGEST_BYTES = 20;

/**
 * The digest of a data set as DEBUG DIGEST of Redis 7.0 makes it: equal data sets have equal digests, whatever the order in which
 * keys, members and fields are held. That a key expires counts, the time does not.
 * @returns 40 hex digits; zeros for no keys at all
 */
export function digestOf(databases: readonly Database[]): string {
  const whole = new Digest();
  databases.forEach((db, number) => {
    if (db.size === 0) return;
    whole.mix(uint32(number));
    for (const [key, value] of db.entries()) {
      const one = new Digest();
      one.mix(toBytes(key));
      one.mix(uint32(TYPE_NUMBERS[value.type]));
      addValue(one, value);
      if (db.expiry(key) !== null) one.xor(toBytes('!!expire!!'));
      whole.xor(one.bytes);
    }
  });
  return Buffer.from(whole.bytes).toString('hex');
}

/** 20 bytes that things are added to: by xor in any order, by mix in just this one. */
class Digest {
  readonly bytes = new Uint8Array(DIGEST_BYTES);

  xor(content: Uint8Array): void {
    const hash = sha1(content);
    for (let i = 0; i < DIGEST_BYTES; i++) this.bytes[i]! ^= hash[i]!;
  }

  mix(content: Uint8Array): void {
    this.xor(content);
    this.bytes.set(sha1(this.bytes));
  }
}

function addValue(digest: Digest, value: Value): void {
  switch (value.type) {
    case 'string':
      digest.mix(toBytes(value.text));
      break;
    case 'list':
      for (const item of value.items) digest.mix(toBytes(item));
      break;
    case 'set':
      for (const member of value.members) digest.xor(toBytes(member));
      break;
    case 'zset':
      for (const [member, score] of value.scores.sorted()) addPair(digest, member, formatDouble(score));
      break;
    case 'hash':
      for (const [field, content] of value.fields) addPair(digest, field, content);
      break;
    case 'stream':
      for (const { id, fields } of value.stream.entries) {
        digest.mix(toBytes(`${msOf(id)}.${seqOf(id)}`));
        for (const each of fields) digest.mix(toBytes(each));
      }
  }
}

function addPair(digest: Digest, first: string, second: string): void {
  const pair = new Digest();
  pair.mix(toBytes(first));
  pair.mix(toBytes(second));
  digest.xor(pair.bytes);
}

function sha1(content: Uint8Array): Uint8Array {
  return createHash('sha1').update(content).digest();
}

function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

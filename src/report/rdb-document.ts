import type { RdbTypeFacts } from '../rdb/facts.js';
import type { RankedKey } from '../rdb/top-keys.js';
import type { RdbFacts } from '../replication/model.js';
import { type KeyNameDocument, keyName } from './key-name.js';
import { isoMicros } from './time.js';

/** The `rdb` part of a payload: what was read of its content. null means not known. */
export interface RdbDocument {
  version: number | null;
  server: string | null;
  keys: number | null;
  expires: number | null;
  databases: Record<string, { keys: number; expires: number }> | null;
  types: Record<string, number> | null;
  functions: number | null;
  checksum: 'valid' | 'invalid' | 'disabled' | 'absent' | 'unchecked';
  complete: boolean;
  /** Additions to the contract from here on: see docs/rdb.md. Keys whose expiry lay before the payload's first packet. */
  expired: number | null;
  byType: Record<string, RdbTypeFacts> | null;
  biggestKeys: { byBytes: BigKeyDocument[]; byElements: BigKeyDocument[] } | null;
  aux: Record<string, string> | null;
  /** What does not follow the format, and the payload position where; null with `complete` false: the payload broke off. */
  error: { message: string; position: number } | null;
}

/** One key of a ranking. */
export interface BigKeyDocument extends KeyNameDocument {
  db: number;
  type: string;
  encoding: string;
  elements: number | null;
  bytes: number;
  expiresAt: string | null;
  position: number;
}

/** First and last millisecond that ISO 8601 can write with four digits of the year. */
const LEAST_MS = -62_167_219_200_000;
const MOST_MS = 253_402_300_799_999;

/** A time in ms as ISO text; null for none, and for one outside of the years 0 to 9999 (a hostile or an absurd expiry). */
export function isoMillis(ms: number | null): string | null {
  return ms === null || !(ms >= LEAST_MS && ms <= MOST_MS) ? null : isoMicros(ms * 1000);
}

export function rdbDocument(rdb: RdbFacts): RdbDocument {
  return {
    version: rdb.version,
    server: rdb.server,
    keys: rdb.keys,
    expires: rdb.expires,
    databases: rdb.databases,
    types: rdb.types,
    functions: rdb.functions,
    checksum: rdb.checksum,
    complete: rdb.complete,
    expired: rdb.expired,
    byType: rdb.byType,
    biggestKeys:
      rdb.biggest === null
        ? null
        : {
            byBytes: rdb.biggest.byBytes.map(bigKeyDocument),
            byElements: rdb.biggest.byElements.map(bigKeyDocument),
          },
    aux: rdb.aux === null ? null : Object.fromEntries(rdb.aux),
    error: rdb.error,
  };
}

function bigKeyDocument(key: RankedKey): BigKeyDocument {
  const { db, type, encoding, elements, bytes, position } = key;
  const expiresAt = isoMillis(key.expiresAt);
  return { db, ...keyName(key.key, key.keyLength), type, encoding, elements, bytes, expiresAt, position };
}

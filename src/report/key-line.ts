import type { RdbKey } from '../rdb/sink.js';
import { safeJson } from './json.js';
import { keyName } from './key-name.js';
import { isoMillis } from './rdb-document.js';

/** Which payload a key was found in. */
export interface KeyPlace {
  /** Number of the payload in this run, from 1. */
  payload: number;
  /** null for an RDB file. */
  link: string | null;
  session: number | null;
  file: string | null;
}

/** A function that makes one NDJSON line (no newline at its end) of each key of a payload: `psyncscope.key/1`, safe on a terminal. */
export function keyLines(place: KeyPlace): (key: RdbKey) => string {
  const head = safeJson({ schema: 'psyncscope.key/1', ...place }).slice(0, -1);
  return (key) => `${head},${keyFields(key)}}`;
}

function keyFields(key: RdbKey): string {
  const { key: name, keyBase64, keyLength } = keyName(key.key, key.keyLength);
  const bytes = keyBase64 === null ? '' : `,"keyBase64":"${keyBase64}"`;
  const length = keyLength > key.key.length ? `,"keyLength":${keyLength}` : '';
  const expiresAt = isoMillis(key.expiresAt);
  // An expiry that no calendar holds still is one.
  const absurd = key.expiresAt !== null && expiresAt === null ? `,"expiresAtMs":${key.expiresAt}` : '';
  return [
    `"db":${key.db},"key":${safeJson(name)}${bytes}${length}`,
    `"type":"${key.type}","encoding":"${key.encoding}","elements":${key.elements},"bytes":${key.bytes}`,
    `"expiresAt":${expiresAt === null ? 'null' : `"${expiresAt}"`}${absurd}`,
    `"idle":${key.idle},"freq":${key.freq},"position":${key.position}`,
  ].join(',');
}

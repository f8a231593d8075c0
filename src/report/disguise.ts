import { createHmac } from 'node:crypto';
import { KEY_AT, KEYLESS } from '../analysis/rates/key-prefix.js';
import type { RdbKey } from '../rdb/sink.js';
import type { ReplicationEvent } from '../replication/events.js';
import { CONTAINERS } from '../resp/command-names.js';
import type { SummaryDocument } from './document.js';
import type { RatesDocument } from './rates/rates-document.js';
import type { BigKeyDocument, RdbDocument } from './rdb-document.js';
import type { RdbPayloadDocument } from './rdb-report.js';

/** What is hidden: names of keys, the other arguments of commands, or both. */
export type Hidden = 'keys' | 'values' | 'all';

type StreamCommand = Extract<ReplicationEvent, { event: 'stream.command' }>;

/** Hexadecimal digits of a pseudonym: of a million keys two share one with a probability of a third. */
const DIGITS = 10;

/** Commands whose arguments are neither keys nor values. */
const SHOWN_WHOLE = new Set(
  'PING SELECT MULTI EXEC DISCARD REPLCONF FLUSHALL FLUSHDB SWAPDB WAIT'.split(' '),
);
/** All arguments are keys; they and something else in turn; the first two are keys. */
const ALL_KEYS = new Set(
  'DEL UNLINK TOUCH EXISTS RENAME RENAMENX PFMERGE SUNIONSTORE SINTERSTORE SDIFFSTORE RPOPLPUSH'.split(' '),
);
const PAIRS = new Set(['MSET', 'MSETNX']);
const TWO_KEYS = new Set('SMOVE LMOVE BLMOVE BRPOPLPUSH COPY GEOSEARCHSTORE ZRANGESTORE'.split(' '));
/** A destination, then a number of keys, then these. */
const COUNTED_KEYS = new Set('ZUNIONSTORE ZINTERSTORE ZDIFFSTORE'.split(' '));
/** A number of keys, then these, behind the place of the map. */
const SCRIPTS = new Set('EVAL EVALSHA EVAL_RO EVALSHA_RO FCALL FCALL_RO'.split(' '));

/** Behind these words stands a key, or a pattern of keys, in these commands. */
const BEFORE_KEY = new Set(['STORE', 'STOREDIST', 'BY', 'GET']);
const WITH_KEY_WORDS = new Set(['SORT', 'GEORADIUS', 'GEORADIUSBYMEMBER']);

/** Words of a command's syntax, which say nothing of its data. */
const SYNTAX = new Set(
  [
    'EX PX EXAT PXAT KEEPTTL NX XX GT LT GET CH INCR MAXLEN MINID LIMIT NOMKSTREAM ~ = * COUNT LEFT RIGHT BEFORE',
    'AFTER REPLACE ABSTTL IDLETIME FREQ FIELDS CREATE MKSTREAM SETID DESTROY CREATECONSUMER DELCONSUMER STORE BY ASC',
    'DESC ALPHA STOREDIST WEIGHTS AGGREGATE SUM MIN MAX AND OR XOR NOT AUTH AUTH2 (redacted)',
  ].flatMap((words) => words.split(' ')),
);

/**
 * Hides names of keys and values behind pseudonyms, in events and documents. The same bytes have the same pseudonym wherever they
 * stand, so lines can still be compared; what they were cannot be found out, nor tried out, without the secret.
 */
export class Disguise {
  readonly #keys: boolean;
  readonly #values: boolean;
  readonly #secret: Uint8Array;

  /** @param secret pseudonyms are the same where it is the same. */
  constructor(hidden: Hidden, secret: Uint8Array) {
    this.#keys = hidden !== 'values';
    this.#values = hidden !== 'keys';
    this.#secret = secret;
  }

  event(event: ReplicationEvent): ReplicationEvent {
    return event.event === 'stream.command' ? { ...event, args: this.#arguments(event) } : event;
  }

  /** A copy, where names are hidden: the key is borrowed. */
  key(key: RdbKey): RdbKey {
    if (!this.#keys) return key;
    const name = this.#pseudonym('key', key.key);
    return { ...key, key: name, keyLength: name.length };
  }

  summary(document: SummaryDocument): SummaryDocument {
    if (!this.#keys) return document;
    const links = document.links.map((link) => ({
      ...link,
      sessions: link.sessions.map((session) => ({
        ...session,
        payload:
          session.payload === null ? null : { ...session.payload, rdb: this.#rdb(session.payload.rdb) },
      })),
    }));
    return { ...document, links };
  }

  payload(payload: RdbPayloadDocument): RdbPayloadDocument {
    return { ...payload, rdb: this.#rdb(payload.rdb) };
  }

  rates(document: RatesDocument): RatesDocument {
    if (!this.#keys) return document;
    const links = document.links.map((link) => ({
      ...link,
      shares:
        link.shares === null
          ? null
          : {
              ...link.shares,
              rows: link.shares.rows.map((row) =>
                row.what === 'prefix' && row.name !== null
                  ? { ...row, ...this.#name(row.name, row.nameBase64, 'name', 'nameBase64') }
                  : row,
              ),
            },
    }));
    return { ...document, links };
  }

  #rdb<Rdb extends RdbDocument | null>(rdb: Rdb): Rdb {
    if (rdb === null || rdb.biggestKeys === null || !this.#keys) return rdb;
    const hide = (key: BigKeyDocument): BigKeyDocument => {
      const hidden = this.#name(key.key, key.keyBase64, 'key', 'keyBase64');
      return { ...key, ...hidden, keyLength: hidden.key!.length };
    };
    const { byBytes, byElements } = rdb.biggestKeys;
    return { ...rdb, biggestKeys: { byBytes: byBytes.map(hide), byElements: byElements.map(hide) } };
  }

  /** The two fields of a name in a document: its text, and its bytes where these are no UTF-8. */
  #name<Text extends string, Bytes extends string>(
    name: string,
    base64: string | null,
    text: Text,
    bytes: Bytes,
  ): Record<Text, string> & Record<Bytes, null> {
    const raw = base64 === null ? Buffer.from(name) : Buffer.from(base64, 'base64');
    const hidden = { [text]: this.#pseudonym('key', raw).toString(), [bytes]: null };
    return hidden as Record<Text, string> & Record<Bytes, null>;
  }

  #arguments({ args }: StreamCommand): Uint8Array[] {
    const words = args.map((arg) => latin1(arg).toUpperCase());
    const kindOf = argumentKinds(words[0] ?? '', (place) => Number(words[place]) || 0);
    return args.map((arg, i) => {
      if (i === 0) return arg;
      const kind = kindOf(i, words[i]!);
      if (kind === 'key') return this.#keys ? this.#pseudonym('key', arg) : arg;
      return kind === 'value' && this.#values ? this.#pseudonym('value', arg) : arg;
    });
  }

  #pseudonym(kind: 'key' | 'value', bytes: Uint8Array): Buffer {
    const digest = createHmac('sha256', this.#secret).update(kind).update(bytes).digest('hex');
    return Buffer.from(`${kind}-${digest.slice(0, DIGITS)}`);
  }
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}

/** What an argument of a command is, by its place (from 1) and its text in upper case; asked for one after the other. */
export type ArgumentKinds = (place: number, text: string) => 'key' | 'value' | 'syntax';

/**
 * Which arguments of a command are keys and which are values. Of a command that is not known the first argument is a key.
 * @param name in upper case. @param number gives the number that the argument at a place is; 0 for none.
 */
export function argumentKinds(name: string, number: (place: number) => number): ArgumentKinds {
  if (SHOWN_WHOLE.has(name)) return () => 'syntax';
  const isKey = keyPlaces(name, number);
  const words = CONTAINERS.includes(name) ? 1 : 0;
  const hasKeyWords = WITH_KEY_WORDS.has(name);
  let before = '';
  return (place, text) => {
    if (place <= words) return 'syntax';
    const named = hasKeyWords && BEFORE_KEY.has(before);
    before = text;
    if (named) return 'key';
    return isKey(place) ? 'key' : SYNTAX.has(text) ? 'syntax' : 'value';
  };
}

function keyPlaces(name: string, number: (place: number) => number): (place: number) => boolean {
  if (ALL_KEYS.has(name)) return () => true;
  if (PAIRS.has(name)) return (place) => place % 2 === 1;
  if (TWO_KEYS.has(name)) return (place) => place <= 2;
  if (COUNTED_KEYS.has(name)) return (place) => place === 1 || (place > 2 && place < 3 + number(2));
  if (SCRIPTS.has(name)) return (place) => place > 2 && place < 3 + number(2);
  if (name === 'BITOP') return (place) => place > 1;
  // A channel's name is no less telling than a key's.
  if (name === 'PUBLISH' || name === 'SPUBLISH') return (place) => place === 1;
  if (KEYLESS.has(name)) return () => false;
  const first = KEY_AT.get(name) ?? 1;
  return (place) => place === first;
}

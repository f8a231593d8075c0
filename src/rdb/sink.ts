import type { RdbType } from './types.js';

/** One key record. The object and its bytes are borrowed: valid until the callback returns. */
export interface RdbKey {
  readonly db: number;
  /** The key, at most `keyBytes` of it (limits.ts), and how long it is as a whole. */
  readonly key: Uint8Array;
  readonly keyLength: number;
  readonly type: RdbType;
  /** Object type byte of the record. */
  readonly typeId: number;
  /** As OBJECT ENCODING has it where it can be told; a string's is its form on the wire: raw, int or lzf. */
  readonly encoding: string;
  /** Elements of the value (list entries, members, fields, stream entries; a string is 1), null when its layout hides the count. */
  readonly elements: number | null;
  /** Bytes of the record on the wire, its attributes (expiry, idle time …) included. */
  readonly bytes: number;
  /** ms since the epoch, or null. */
  readonly expiresAt: number | null;
  /** Seconds since the last access (LRU), or null. */
  readonly idle: number | null;
  /** Access counter (LFU), or null. */
  readonly freq: number | null;
  /** Payload position of the record's first byte. */
  readonly position: number;
  /** Level 'elements': some of its elements were cut to `elementBytes`, or left out for `blobBytes`. */
  readonly cut: boolean;
}

/** Stream ids are `ms-seq`; times are ms since the epoch. Names, fields and values are bytes, borrowed until the call returns. */
export type RdbElement =
  | { kind: 'string'; value: Uint8Array }
  | { kind: 'list'; value: Uint8Array }
  | { kind: 'set'; member: Uint8Array }
  | { kind: 'zset'; member: Uint8Array; score: number }
  | { kind: 'hash'; field: Uint8Array; value: Uint8Array; expiresAt: number | null }
  | { kind: 'array'; index: bigint; value: Uint8Array | number | bigint }
  | { kind: 'module'; module: string; value: Uint8Array | number | bigint }
  /** `fields`: field, value, field, value … */
  | { kind: 'stream-entry'; id: string; fields: Uint8Array[] }
  /** Behind all entries. The last three are null in streams of Redis 6 and before. */
  | {
      kind: 'stream';
      lastId: string;
      firstId: string | null;
      maxDeletedId: string | null;
      entriesAdded: bigint | null;
    }
  /** `entriesRead` is null where it is unknown. */
  | { kind: 'stream-group'; group: Uint8Array; lastId: string; entriesRead: bigint | null }
  /** Delivered, not acknowledged. */
  | { kind: 'stream-pending'; group: Uint8Array; id: string; deliveredAt: number; deliveries: number }
  /** `activeAt` is null where it is unknown. */
  | {
      kind: 'stream-consumer';
      group: Uint8Array;
      consumer: Uint8Array;
      seenAt: number;
      activeAt: number | null;
    }
  /** Which consumer one of the group's pending entries belongs to. */
  | { kind: 'stream-owner'; group: Uint8Array; consumer: Uint8Array; id: string }
  | { kind: 'stream-nacked'; group: Uint8Array; id: string }
  /** A message id that its producer may repeat, and the entry it made. */
  | { kind: 'stream-produced'; producer: Uint8Array; message: Uint8Array; id: string };

/** What an RdbDecoder tells, in the order of the payload. Each thing is told once, when its last byte has come. */
export interface RdbSink {
  /** An auxiliary field as Latin-1 text; at most 4096 bytes of its value. */
  aux?(key: string, value: string): void;
  selectDb?(db: number): void;
  /** How many keys and expiring keys the current database has, by its master. */
  resizeDb?(keys: number, expires: number): void;
  key?(key: RdbKey): void;
  /** Level 'elements': one element, in the order of the payload; the record's key() comes behind its last one. */
  element?(element: RdbElement): void;
  /** Source of a function library, at most `functionBytes` of its `length`. */
  function?(source: Uint8Array, length: number): void;
  /** Data a module keeps beside the keys; `when`: 1 before them, 2 behind. */
  moduleAux?(module: string, version: number, when: number): void;
}

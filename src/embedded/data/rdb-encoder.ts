import { Crc64 } from '../../rdb/crc64.js';
import { SECOND } from '../net/clock.js';
import type { Dataset } from './dataset.js';
import { type RdbVersion, writeRecord } from './rdb-values.js';
import { RdbWriter } from './rdb-writer.js';

export interface RdbOptions {
  readonly version: RdbVersion;
  /** Auxiliary fields in their order, Latin-1 text. */
  readonly aux: readonly (readonly [string, string])[];
  /** False: eight zero bytes stand in the place of the CRC, as of a server with `rdbchecksum no`. */
  readonly checksum: boolean;
  /** µs since the epoch: the field `ctime`, where aux has none. */
  readonly now: number;
  /** Strings are compressed where that makes them shorter. */
  readonly compress: boolean;
}

// Opcodes (rdb-format.md 2).
const EOF = 0xff;
const SELECTDB = 0xfe;
const EXPIRETIME_MS = 0xfc;
const RESIZEDB = 0xfb;
const AUX = 0xfa;

/** The data set as an RDB payload, laid out as a real server of that version does (rdb-format.md). Keys past their time are in it. */
export function encodeRdb(dataset: Dataset, options: RdbOptions): Uint8Array {
  const out = new RdbWriter(options.compress);
  out.text(`REDIS${String(options.version).padStart(4, '0')}`);
  writeAux(out, options);
  for (const number of dataset.usedDatabases()) {
    const db = dataset.databases[number]!;
    out.byte(SELECTDB);
    out.count(number);
    out.byte(RESIZEDB);
    out.count(db.size);
    out.count(db.expiring);
    for (const [key, value] of db.entries()) {
      const expiry = db.expiry(key);
      if (expiry !== null) {
        out.byte(EXPIRETIME_MS);
        out.integerLE(expiry, 8);
      }
      writeRecord(out, key, value, options.version);
    }
  }
  out.byte(EOF);
  out.integerLE(options.checksum ? checksumOf(out.bytes()) : 0n, 8);
  return out.bytes();
}

function writeAux(out: RdbWriter, { aux, now }: RdbOptions): void {
  const timed = aux.some(([name]) => name === 'ctime');
  const fields = timed ? aux : [...aux, ['ctime', `${Math.floor(now / SECOND)}`] as const];
  for (const [name, value] of fields) {
    out.byte(AUX);
    out.string(name);
    out.string(value);
  }
}

function checksumOf(bytes: Uint8Array): bigint {
  const crc = new Crc64();
  crc.update(bytes, 0, bytes.length);
  return BigInt(`0x${crc.hex()}`);
}

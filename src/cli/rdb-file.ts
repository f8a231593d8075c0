import { createHash } from 'node:crypto';
import type { ByteSource } from '../capture/byte-source.js';
import { RdbDecoder } from '../rdb/decoder.js';
import type { RdbSink } from '../rdb/sink.js';
import type { RdbFacts } from '../replication/model.js';
import { rdbFacts } from '../replication/rdb-facts.js';

const BLOCK_BYTES = 256 * 1024;

/** What an RDB file holds. */
export interface RdbFileFacts {
  path: string;
  bytes: number;
  /** Bytes behind the checksum. */
  trailingBytes: number;
  sha256: string;
  /** Why it could not be read to its end, or null. */
  problem: string | null;
  rdb: RdbFacts | null;
}

export interface RdbFileOptions {
  /** How many of the biggest keys are remembered. */
  top: number;
  /** Receives each key. */
  key?: RdbSink['key'] | undefined;
  /** Asked after each block: false to read no further. */
  goesOn: () => boolean;
}

/** Reads an RDB file to its end and closes it. Expiries count as past at the time that the file says it was written at (`ctime`). */
export async function readRdbFile(
  source: ByteSource,
  path: string,
  options: RdbFileOptions,
): Promise<RdbFileFacts> {
  const hash = createHash('sha256');
  const decoder = new RdbDecoder({
    level: 'keys',
    top: options.top,
    sink: {
      aux: (name, value) => {
        if (name === 'ctime' && /^\d{1,12}$/.test(value)) decoder.asOf = Number(value) * 1000;
      },
      ...(options.key && { key: options.key }),
    },
  });
  const block = new Uint8Array(BLOCK_BYTES);
  let bytes = 0;
  let problem: string | null = null;
  try {
    while (options.goesOn()) {
      const got = await source.read(block, 0, BLOCK_BYTES);
      if (got === 0) break;
      bytes += got;
      hash.update(block.subarray(0, got));
      decoder.feed(block, 0, got);
    }
  } catch (error) {
    problem = (error as Error).message;
  } finally {
    await source.close();
  }
  decoder.end();
  const { facts } = decoder;
  const { trailingBytes } = facts;
  return { path, bytes, trailingBytes, sha256: hash.digest('hex'), problem, rdb: rdbFacts(facts, true) };
}

import { createHash } from 'node:crypto';
import { Dataset } from '../data/dataset.js';
import { encodeRdb } from '../data/rdb-encoder.js';
import { SECOND } from '../net/clock.js';
import type { NodeSettings } from '../server/settings.js';
import type { ServerTraits } from '../server/style.js';
import type { HistoryView } from './history.js';

/** What a small server says it uses. */
const USED_MEMORY = 1_048_576;

export interface Payload {
  readonly bytes: Uint8Array;
  readonly sha256: string;
  readonly keys: number;
  /** A fault changed the bytes. */
  readonly damaged: boolean;
}

export interface PayloadSource {
  readonly dataset: Dataset;
  readonly settings: NodeSettings;
  readonly traits: ServerTraits;
  readonly history: HistoryView;
  /** The database selected in the stream, or NO_DATABASE. */
  readonly streamDb: number;
  /** A fault: what the disk or the network makes of the bytes; null: nothing. */
  readonly tamper: ((bytes: Uint8Array) => Uint8Array) | null;
}

/**
 * The data set as it is now, as an RDB for replicas, with the AUX fields real servers write (rdb-format.md 2.1).
 * @param now µs
 * @param filter of rdb-filter-only; null: everything. There are no functions here, so that any filter leaves nothing.
 */
export function makePayload(source: PayloadSource, now: number, filter: string | null): Payload {
  const { settings, traits } = source;
  const dataset = filter === null ? source.dataset : new Dataset(settings.databases);
  const options = { checksum: settings.checksum, compress: settings.compression };
  const encoded = encodeRdb(dataset, {
    version: traits.rdbVersion,
    aux: auxFields(source, now),
    now,
    ...options,
  });
  const bytes = source.tamper?.(encoded) ?? encoded;
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { bytes, sha256, keys: dataset.totalKeys(), damaged: bytes !== encoded };
}

function auxFields(source: PayloadSource, now: number): [string, string][] {
  const { traits, history } = source;
  const [major] = traits.version.split('.').map(Number);
  const fields: [string, string][] = [
    [traits.family === 'valkey' ? 'valkey-ver' : 'redis-ver', traits.version],
    ['redis-bits', '64'],
    ['ctime', `${Math.floor(now / SECOND)}`],
    ['used-mem', `${USED_MEMORY}`],
  ];
  if (traits.replicationIds) {
    fields.push(
      ['repl-stream-db', `${Math.max(source.streamDb, 0)}`],
      ['repl-id', history.replid],
      ['repl-offset', `${history.offset}`],
      [major! >= 7 ? 'aof-base' : 'aof-preamble', '0'],
    );
  }
  return fields;
}

import { readDecimal } from '../wire/decimal.js';
import type { Habits } from './habits.js';
import type { HistoryPoint } from './host.js';
import { MAX_PAYLOAD_BYTES } from './limits.js';

const REPLID_LENGTH = 40;
const MARK_LENGTH = 40;

/** What a master's line in answer to PSYNC means to a replica. */
export type SyncReply =
  | { readonly kind: 'wait' }
  /** point: null when the line is malformed; the payload follows all the same. */
  | { readonly kind: 'full'; readonly point: HistoryPoint | null }
  | { readonly kind: 'continue'; readonly replid: string | null }
  /** clientId: of the main connection, which Redis 8 gives. */
  | { readonly kind: 'two-connections'; readonly clientId: string | null }
  | { readonly kind: 'try-later' }
  | { readonly kind: 'legacy' };

/**
 * Reads the answer to PSYNC as a replica of these habits does (replication-wire.md, section 2.1): what it does not understand is a
 * master without PSYNC to it. two: it has offered a sync by two connections.
 */
export function readSyncReply(line: string, habits: Habits, two: boolean): SyncReply {
  if (line === '') return { kind: 'wait' };
  if (line.startsWith('+FULLRESYNC')) return { kind: 'full', point: readFullresync(line) };
  if (line.startsWith('+CONTINUE')) {
    const replid = line.slice('+CONTINUE'.length).trim();
    return { kind: 'continue', replid: habits.psync2 && replid.length === REPLID_LENGTH ? replid : null };
  }
  if (two && habits.twoConnections === 'dual-channel' && line.startsWith('+DUALCHANNELSYNC'))
    return { kind: 'two-connections', clientId: null };
  const channel = two && habits.twoConnections === 'rdb-channel' && /^\+RDBCHANNELSYNC (\d+)$/.exec(line);
  if (channel) return { kind: 'two-connections', clientId: channel[1]! };
  if (habits.psync2 && /^-(NOMASTERLINK|LOADING)/.test(line)) return { kind: 'try-later' };
  return { kind: 'legacy' };
}

/** `+FULLRESYNC <40 characters> <offset>`; the offset as C's strtoll reads it: the digits it begins with, none are 0. */
export function readFullresync(line: string): HistoryPoint | null {
  const [word, replid, offset] = line.split(' ');
  if (word !== '+FULLRESYNC' || replid?.length !== REPLID_LENGTH || offset === undefined) return null;
  const number = Number.parseInt(offset, 10);
  return { replid, offset: Number.isSafeInteger(number) ? number : 0 };
}

/** `$ENDOFF:<offset> <replid> <db> <client id>`: where the stream of a Valkey dual channel sync begins; null for anything else. */
export function readEndOffset(line: string): { point: HistoryPoint; clientId: string } | null {
  const [offset, replid, , clientId] = line.slice('$ENDOFF:'.length).split(' ');
  const number = readDecimal(offset ?? '');
  if (!line.startsWith('$ENDOFF:') || number === null || replid?.length !== REPLID_LENGTH) return null;
  return clientId !== undefined && /^\d+$/.test(clientId)
    ? { point: { replid, offset: number }, clientId }
    : null;
}

/** What stands before a payload. */
export type PayloadHeader =
  | { readonly form: 'wait' }
  | { readonly form: 'length'; readonly bytes: number }
  | { readonly form: 'eof-mark'; readonly mark: Uint8Array }
  | { readonly form: 'error'; readonly reason: string };

/** Reads the line before a payload: `$<bytes>`, `$EOF:<40 characters>`, an empty line (a keepalive), or an error. */
export function readPayloadHeader(line: string): PayloadHeader {
  if (line === '') return { form: 'wait' };
  if (line.startsWith('-')) return { form: 'error', reason: `master aborted replication: ${line}` };
  if (!line.startsWith('$')) return { form: 'error', reason: "bad protocol, the first byte is not '$'" };
  if (line.startsWith('$EOF:') && line.length >= 5 + MARK_LENGTH)
    return { form: 'eof-mark', mark: Buffer.from(line.slice(5, 5 + MARK_LENGTH), 'latin1') };
  const bytes = readDecimal(line.slice(1));
  if (bytes === null || bytes <= 0 || bytes > MAX_PAYLOAD_BYTES)
    return { form: 'error', reason: `payload length '${line}'` };
  return { form: 'length', bytes };
}

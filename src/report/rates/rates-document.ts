import { NO_KEY, NO_PREFIX } from '../../analysis/rates/key-prefix.js';
import {
  type LinkPeaks,
  type LinkShares,
  type ShareKind,
  UNKNOWN_DATABASE,
} from '../../analysis/rates/rates.js';
import type { CaptureDocument, LinkDocument, SessionDocument, SummaryDocument } from '../document.js';
import { keyName } from '../key-name.js';
import { latestSession, stateText } from '../link-facts.js';
import { isoMicros, parseMicros } from '../time.js';

/** `psyncscope rates --json`: `psyncscope.rates/1`. null means not known from this capture; `…PerSecond` are bytes or commands. */
export interface RatesDocument {
  schema: 'psyncscope.rates/1';
  capture: CaptureDocument;
  /** What `shares` are by; null: they were not asked for. */
  by: ShareKind | null;
  links: LinkRatesDocument[];
}

export interface RateDocument {
  total: number;
  /** Over the time that the link was online; null when that is no time. */
  perSecond: number | null;
  /** In the fullest second, as the clock has them, and when that began. */
  peakPerSecond: number;
  peakAt: string | null;
}

export interface LinkRatesDocument {
  id: string;
  master: string;
  replica: string;
  state: string;
  /** Offsets of the last byte sent and of the last one acknowledged. */
  sentOffset: number | null;
  ackedOffset: number | null;
  /** From a byte being sent to its ACK, of the latest session; nowMs: age of the oldest unacknowledged byte at its end. */
  delay: { nowMs: number | null; p50Ms: number | null; p99Ms: number | null; maxMs: number | null };
  onlineSeconds: number;
  bytes: RateDocument;
  commands: RateDocument;
  /** All payloads, and bytes a second of the latest one. */
  payload: { count: number; bytes: number; perSecond: number | null };
  /** Request to first ACK of the latest full sync, as far as known. */
  syncMs: number | null;
  fullResyncs: number;
  partialResyncs: number;
  reconnects: number;
  refusedSyncs: number;
  shares: SharesDocument | null;
}

export interface SharesDocument {
  rows: ShareDocument[];
  /** What is left when the rows are taken away. */
  other: { rows: number | null; bytes: number; commands: number };
  /** Stream bytes of no counted command: lost to the capture, or before it was joined. */
  uncountedBytes: number;
  /** Bytes that no row that is not listed can have more of; 0: every row was counted exactly. */
  errorBytes: number;
}

export interface ShareDocument {
  /** Command, database or prefix; null for a row that is none (see `what`). */
  name: string | null;
  nameBase64: string | null;
  what: 'command' | 'db' | 'prefix' | 'no-key' | 'no-prefix' | 'unknown-db';
  bytes: number;
  commands: number;
  /** Of all stream bytes, 0 to 1. */
  share: number;
  /** `bytes` may be too high by so much. */
  errorBytes: number;
}

/** Shares and peaks of a link, as they were counted. */
export interface LinkCounting {
  peaks: LinkPeaks;
  shares: LinkShares | null;
}

/** @param countings of the summary's links, in their order. @param top rows listed of each link. */
export function ratesDocument(
  summary: SummaryDocument,
  countings: readonly LinkCounting[],
  by: ShareKind | null,
  top: number,
): RatesDocument {
  const { lastTime } = summary.capture;
  const endAt = lastTime === null ? 0 : parseMicros(lastTime);
  const links = summary.links.map((link, i) => linkRates(link, countings[i]!, by, top, endAt));
  return { schema: 'psyncscope.rates/1', capture: summary.capture, by, links };
}

function linkRates(
  link: LinkDocument,
  { peaks, shares }: LinkCounting,
  by: ShareKind | null,
  top: number,
  endAt: number,
): LinkRatesDocument {
  const latest = latestSession(link);
  const seconds = link.sessions.reduce((sum, session) => sum + onlineSeconds(session, endAt), 0);
  const bytes = link.sessions.reduce((sum, { stream }) => sum + stream.bytes, 0);
  const commands = link.sessions.reduce((sum, { stream }) => sum + stream.commands, 0);
  const payloads = link.sessions.flatMap(({ payload }) => (payload === null ? [] : [payload]));
  const last = payloads.at(-1);
  const withEnd = link.sessions.findLast(({ offsets }) => offsets.end !== null);
  return {
    id: link.id,
    master: link.master,
    replica: link.replica,
    state: stateText(link),
    sentOffset: withEnd?.offsets.end ?? null,
    ackedOffset: link.sessions.findLast(({ offsets }) => offsets.lastAck !== null)?.offsets.lastAck ?? null,
    delay: {
      nowMs: latest?.lag.lastMs ?? null,
      p50Ms: latest?.lag.p50Ms ?? null,
      p99Ms: latest?.lag.p99Ms ?? null,
      maxMs: link.lag.maxMs,
    },
    onlineSeconds: Math.round(seconds * 1000) / 1000,
    bytes: rate(bytes, seconds, peaks.bytes, peaks.bytesAt),
    commands: rate(commands, seconds, peaks.commands, peaks.commandsAt),
    payload: {
      count: payloads.length,
      bytes: payloads.reduce((sum, payload) => sum + payload.bytes, 0),
      perSecond: last?.anatomy?.bytesPerSecond ?? null,
    },
    syncMs: last?.complete === true ? syncMs(last) : null,
    fullResyncs: link.fullResyncs,
    partialResyncs: link.partialResyncs,
    reconnects: link.reconnects,
    refusedSyncs: link.refusedSyncs,
    shares: shares === null || by === null ? null : sharesDocument(shares, by, top, bytes),
  };
}

function syncMs({ anatomy }: NonNullable<SessionDocument['payload']>): number | null {
  if (anatomy === null) return null;
  const { waitMs, transferMs, loadMs } = anatomy;
  return Math.round(((waitMs ?? 0) + (transferMs ?? 0) + (loadMs ?? 0)) * 1000) / 1000;
}

function onlineSeconds(session: SessionDocument, endAt: number): number {
  if (session.phase !== 'online' || session.channel === 'rdb') return 0;
  const from = parseMicros(session.onlineAt ?? session.firstSeenAt);
  const to = session.closedAt === null ? endAt : parseMicros(session.closedAt);
  return Math.max(0, to - from) / 1e6;
}

function rate(total: number, seconds: number, peak: number, peakAt: number | null): RateDocument {
  return {
    total,
    perSecond: seconds > 0 ? Math.round((total / seconds) * 10) / 10 : null,
    peakPerSecond: peak,
    peakAt: peakAt === null ? null : isoMicros(peakAt),
  };
}

function sharesDocument(shares: LinkShares, by: ShareKind, top: number, streamBytes: number): SharesDocument {
  const listed = shares.rows.slice(0, top);
  const rest = shares.rows.length - listed.length;
  return {
    rows: listed.map(({ key, bytes, commands, error }) => ({
      ...nameOf(key, by),
      bytes,
      commands,
      share: streamBytes > 0 ? Math.min(1, bytes / streamBytes) : 0,
      errorBytes: error,
    })),
    other: {
      rows: shares.isExact ? rest : null,
      bytes: Math.max(0, shares.bytes - listed.reduce((sum, row) => sum + row.bytes, 0)),
      commands: Math.max(0, shares.commands - listed.reduce((sum, row) => sum + row.commands, 0)),
    },
    uncountedBytes: Math.max(0, streamBytes - shares.bytes),
    errorBytes: shares.isExact ? 0 : (shares.rows.at(-1)?.bytes ?? 0),
  };
}

function nameOf(key: string, by: ShareKind): Pick<ShareDocument, 'name' | 'nameBase64' | 'what'> {
  if (key === NO_KEY) return { name: null, nameBase64: null, what: 'no-key' };
  if (key === NO_PREFIX) return { name: null, nameBase64: null, what: 'no-prefix' };
  if (by === 'db' && key === UNKNOWN_DATABASE) return { name: null, nameBase64: null, what: 'unknown-db' };
  if (by !== 'prefix') return { name: key, nameBase64: null, what: by };
  const bytes = Buffer.from(key, 'latin1');
  const name = keyName(bytes, bytes.length);
  return { name: name.key, nameBase64: name.keyBase64, what: by };
}

import type { LinkDocument, SessionDocument, SummaryDocument } from '../report/document.js';
import type { AccountedLink, AccountedSession } from './pair-account.js';

/** Where a summary document does not say what the servers themselves know; empty when it does. */

/** A lag in ms may be told too long by as much: sends closer to each other share an entry (src/analysis/send-times.ts). */
const SHARED_ENTRY_MS = 0.1;

/** Documents have three decimals. */
const ROUNDING_MS = 0.0006;

export interface Difference {
  /** The link, and the client's port of the session; empty: the links themselves. */
  readonly where: string;
  readonly what: string;
  /** What the servers know, and what the summary tells. */
  readonly known: unknown;
  readonly told: unknown;
}

/** @param timeMs by how much times may be off: 0 on the simulated network, where the tap has the servers' own clock. */
export function compareAccount(
  account: readonly AccountedLink[],
  summary: SummaryDocument,
  timeMs = 0,
): Difference[] {
  const differences = new Differences(timeMs);
  const ids = (links: readonly { id: string }[]): string[] => links.map(({ id }) => id).sort();
  differences.same('links', ids(account), ids(summary.links));
  for (const link of account) {
    const told = summary.links.find(({ id }) => id === link.id);
    if (told === undefined) continue;
    differences.where = link.id;
    compareLink(differences, link, told);
  }
  return differences.found;
}

class Differences {
  readonly found: Difference[] = [];
  where = '';
  readonly #timeMs: number;

  constructor(timeMs: number) {
    this.#timeMs = timeMs;
  }

  same(what: string, account: unknown, summary: unknown): void {
    if (stable(account) !== stable(summary)) this.add(what, account, summary);
  }

  /** @param account µs; @param summary ISO text. */
  time(what: string, account: number | null, summary: string | null): void {
    const told = summary === null ? null : microsOf(summary);
    if (account === null || told === null) this.same(what, account, told);
    else if (Math.abs(account - told) > this.#timeMs * 1000) this.add(what, account, told);
  }

  /** The summary may say more by `over`. */
  ms(what: string, account: number | null, summary: number | null, over = 0): void {
    if (account === null || summary === null) {
      this.same(what, account, summary);
      return;
    }
    const excess = summary - account;
    const off = this.#timeMs + ROUNDING_MS;
    if (excess < -off || excess > over + off) this.add(what, account, summary);
  }

  add(what: string, known: unknown, told: unknown): void {
    this.found.push({ where: this.where, what, known, told });
  }
}

function compareLink(differences: Differences, account: AccountedLink, summary: LinkDocument): void {
  for (const key of ['fullResyncs', 'partialResyncs', 'refusedSyncs', 'reconnects'] as const)
    differences.same(key, account[key], summary[key]);
  const ports = (sessions: readonly { clientPort: number }[]): number[] =>
    sessions.map(({ clientPort }) => clientPort).sort();
  differences.same('sessions', ports(account.sessions), ports(summary.sessions));
  for (const session of account.sessions) {
    const told = summary.sessions.find(({ clientPort }) => clientPort === session.clientPort);
    if (told === undefined) continue;
    differences.where = `${account.id} from ${session.clientPort}`;
    compareSession(differences, session, told);
  }
}

function compareSession(differences: Differences, account: AccountedSession, summary: SessionDocument): void {
  for (const key of ['channel', 'closedBy', 'closedHow', 'phase'] as const)
    differences.same(key, account[key], summary[key]);
  differences.time('openedAt', account.openedAt, summary.openedAt);
  differences.time('closedAt', account.closedAt, summary.closedAt);
  differences.same('listeningPort', account.listeningPort, summary.handshake.listeningPort);
  differences.same('capabilities', account.capabilities, summary.handshake.capabilities);
  compareSyncs(differences, account, summary);
  comparePayload(differences, account, summary);
  for (const key of ['start', 'end', 'lastAck'] as const)
    differences.same(`offsets.${key}`, account.offsets[key], summary.offsets[key]);
  differences.same(
    'offsets.basis',
    account.offsets.start === null ? 'none' : 'handshake',
    summary.offsets.basis,
  );
  const { stream, acks } = account;
  differences.same('stream.bytes', stream.bytes, summary.stream.bytes);
  if (stream.byCommand !== null) compareCommands(differences, stream.byCommand, account, summary);
  differences.same('loss.gaps', 0, summary.loss.gaps);
  differences.same('loss.missingBytes', 0, summary.loss.missingBytes);
  differences.same('acks.count', acks.count, summary.acks.count);
  differences.time('acks.firstAt', acks.firstAt, summary.acks.firstAt);
  differences.time('acks.lastAt', acks.lastAt, summary.acks.lastAt);
  differences.ms('acks.maxIntervalMs', acks.maxIntervalMs, summary.acks.maxIntervalMs);
  compareLag(differences, account, summary);
}

function compareCommands(
  differences: Differences,
  byCommand: Record<string, number>,
  account: AccountedSession,
  summary: SessionDocument,
): void {
  const { stream, loss } = summary;
  differences.same('stream.byCommand', byCommand, stream.byCommand);
  const total = Object.values(byCommand).reduce((sum, each) => sum + each, 0);
  differences.same('stream.commands', total, stream.commands);
  differences.same('stream.pings', byCommand.PING ?? 0, stream.pings);
  differences.same('stream.getAcks', byCommand['REPLCONF GETACK'] ?? 0, stream.getAcks);
  differences.same('stream.resyncs', 0, loss.resyncs);
  differences.same('keepaliveNewlines', account.stream.keepaliveNewlines, stream.keepaliveNewlines);
}

function compareSyncs(differences: Differences, account: AccountedSession, summary: SessionDocument): void {
  differences.same('syncs', account.syncs.length, summary.syncs.length);
  account.syncs.forEach((sync, i) => {
    const told = summary.syncs[i];
    if (told === undefined) return;
    const { requestedAt, decidedAt, ...words } = sync;
    // What all links together tell of the cause has tests of its own.
    const { requestedAt: asked, decidedAt: decided, why: _, ...said } = told;
    differences.same(`syncs[${i}]`, words, said);
    differences.time(`syncs[${i}].requestedAt`, requestedAt, asked);
    differences.time(`syncs[${i}].decidedAt`, decidedAt, decided);
  });
}

function comparePayload(differences: Differences, account: AccountedSession, summary: SessionDocument): void {
  const payload = account.payload;
  const told = summary.payload;
  if (payload === null || told === null) {
    differences.same('payload', payload, told);
    return;
  }
  for (const key of ['form', 'bytes', 'complete', 'sha256'] as const)
    differences.same(`payload.${key}`, payload[key], told[key]);
  differences.time('payload.startedAt', payload.startedAt, told.startedAt);
  differences.time('payload.finishedAt', payload.finishedAt, told.finishedAt);
  if (payload.keys !== null) differences.same('payload.keys', payload.keys, told.rdb?.keys);
}

function compareLag(differences: Differences, account: AccountedSession, summary: SessionDocument): void {
  const { lag } = account;
  for (const key of ['lastBytes', 'maxBytes'] as const)
    differences.same(`lag.${key}`, lag?.[key] ?? null, summary.lag[key]);
  for (const key of ['lastMs', 'maxMs', 'p50Ms', 'p99Ms'] as const)
    differences.ms(`lag.${key}`, lag?.[key] ?? null, summary.lag[key], SHARED_ENTRY_MS);
  differences.same('behind.maxBytes', lag?.behindMaxBytes ?? null, summary.behind.maxBytes);
  differences.ms('behind.maxMs', lag?.behindMaxMs ?? null, summary.behind.maxMs, SHARED_ENTRY_MS);
  differences.same('drift', lag?.drift ?? null, summary.drift);
}

/** JSON with sorted keys. */
function stable(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );
}

/** `2026-01-01T12:00:00.123456Z` in µs since the epoch. */
function microsOf(iso: string): number {
  return Date.parse(`${iso.slice(0, 19)}Z`) * 1000 + Number(iso.slice(20, 26));
}

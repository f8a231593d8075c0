import type { SessionFacts } from '../embedded/master/master-log.js';
import type { Endpoint } from '../embedded/net/network.js';
import type { Actor } from '../embedded/scenarios/stage.js';
import { announced, connectionsOf, isSeen, name, optionsOf, type Told } from './pair-connections.js';
import { type AccountedLag, type LagEvent, lagOf } from './pair-lag.js';
import { type AccountedSync, syncsOf } from './pair-syncs.js';
import type { WireWitness } from './wire-witness.js';

/**
 * What the servers of the embedded pair know of their links, put in the terms of docs/output-contract.md, without a look at a packet:
 * their own logs say what they wrote and why, and where it stands in the bytes of its connection; a WireWitness says up to where those
 * bytes came to the place of the tap, and when. What was written and never came that far is in no capture, and counts for nothing here.
 */

const MARK_BYTES = 40;

interface AccountedPayload {
  form: 'length' | 'eof-mark';
  bytes: number;
  complete: boolean;
  startedAt: number;
  finishedAt: number | null;
  /** Of the whole payload, when it is complete; keys also null when it was damaged on the way. */
  sha256: string | null;
  keys: number | null;
}

/** Times in µs. */
export interface AccountedSession {
  clientPort: number;
  channel: 'main' | 'rdb';
  openedAt: number | null;
  closedAt: number | null;
  closedBy: 'master' | 'replica' | null;
  closedHow: 'fin' | 'rst' | null;
  phase: 'handshake' | 'waiting' | 'transfer' | 'online';
  listeningPort: number | null;
  capabilities: string[];
  syncs: AccountedSync[];
  payload: AccountedPayload | null;
  offsets: { start: number | null; end: number | null; lastAck: number | null };
  /** byCommand: null where the stream was sent from the middle of a command. */
  stream: { bytes: number; byCommand: Record<string, number> | null; keepaliveNewlines: number };
  acks: { count: number; firstAt: number | null; lastAt: number | null; maxIntervalMs: number | null };
  lag: AccountedLag | null;
}

export interface AccountedLink {
  id: string;
  fullResyncs: number;
  partialResyncs: number;
  refusedSyncs: number;
  reconnects: number;
  sessions: AccountedSession[];
}

export function accountOf(actors: readonly Actor[], witness: WireWitness): AccountedLink[] {
  const links = new Map<string, AccountedLink>();
  const served = new Map<string, Map<string, SessionFacts>>();
  for (const { node } of actors) {
    const byClient = node.log.sessions.map((each) => [name(clientOf(each)), each] as const);
    served.set(name(node.endpoint), new Map(byClient));
  }
  for (const { node } of actors) {
    for (const { master, log } of node.links) {
      const facts = served.get(name(master)) ?? new Map();
      for (const told of connectionsOf(log, master, witness, facts)) {
        if (!isSeen(told)) continue;
        const { host, port } = announced(told);
        const id = `${name(master)}<-${name({ host, port })}`;
        const link = links.get(id) ?? emptyLink(id);
        links.set(id, link);
        link.sessions.push(sessionOf(told, witness.lastTime));
      }
    }
  }
  for (const link of links.values()) count(link);
  return [...links.values()];
}

function emptyLink(id: string): AccountedLink {
  return { id, fullResyncs: 0, partialResyncs: 0, refusedSyncs: 0, reconnects: 0, sessions: [] };
}

function count(link: AccountedLink): void {
  const decisions = link.sessions.flatMap((session) => session.syncs.map((sync) => sync.decision));
  const mains = link.sessions.filter((session) => session.channel === 'main');
  link.fullResyncs = decisions.filter((each) => each === 'FULLRESYNC' || each === 'SYNC').length;
  link.refusedSyncs = decisions.filter((each) => each === 'REFUSED').length;
  link.partialResyncs = mains.filter(
    ({ syncs }) => syncs.find(({ decision }) => decision !== 'REFUSED')?.decision === 'CONTINUE',
  ).length;
  link.reconnects = Math.max(0, mains.length - 1);
}

function sessionOf(told: Told, lastTime: number): AccountedSession {
  const { wire, channel } = told;
  const syncs = syncsOf(told);
  const payload = payloadOf(told);
  const begin = beginning(told, syncs, payload);
  const first = streamPosition(told);
  const bytes = first === null ? 0 : Math.max(0, wire.passed.server - first);
  const start = begin?.offset ?? null;
  const acks = told.acks.filter(({ position }) => wire.has('client', position));
  const times = acks.map(({ position }) => wire.timeOf('client', position)!);
  const port = optionsOf(told, 'listening-port')[0];
  const until = wire.closed?.at ?? lastTime;
  return {
    clientPort: wire.client.port,
    channel,
    openedAt: wire.openedAt,
    closedAt: wire.closed?.at ?? null,
    closedBy: wire.closed === null ? null : wire.closed.by === 'server' ? 'master' : 'replica',
    closedHow: wire.closed?.how ?? null,
    phase: phaseOf(syncs, payload, bytes > 0 || acks.length > 0),
    listeningPort: port === undefined ? null : Number(port),
    capabilities: optionsOf(told, 'capa'),
    syncs,
    payload,
    offsets: { start, end: start === null ? null : start + bytes, lastAck: acks.at(-1)?.offset ?? null },
    stream: { bytes, byCommand: commandsOf(told, bytes), keepaliveNewlines: newlinesOf(told) },
    acks: {
      count: acks.length,
      firstAt: times[0] ?? null,
      lastAt: times.at(-1) ?? null,
      maxIntervalMs: longestPause(times),
    },
    lag: begin === null ? null : lagOf(lagEvents(told, first, begin), until),
  };
}

function payloadOf({ wire, master }: Told): AccountedPayload | null {
  const header = master?.lines.findLast(({ text }) => /^\$(EOF:|\d)/.test(text));
  const payload = master?.payload ?? null;
  if (header === undefined || payload === null || !wire.has('server', header.position)) return null;
  const came = wire.passed.server - header.position;
  const all = payload.bytes + (payload.form === 'mark' ? MARK_BYTES : 0);
  const complete = came >= all;
  return {
    form: payload.form === 'mark' ? 'eof-mark' : 'length',
    bytes: complete ? payload.bytes : came,
    complete,
    startedAt: wire.timeOf('server', header.position)!,
    finishedAt: complete ? wire.timeOf('server', header.position + all) : null,
    sha256: complete ? payload.sha256 : null,
    keys: complete && !payload.damaged ? payload.keys : null,
  };
}

/** Offset behind which the stream begins, and since when it is agreed upon; null: it is not. */
function beginning(
  { channel, rdb }: Told,
  syncs: readonly AccountedSync[],
  payload: AccountedPayload | null,
): { offset: number; at: number } | null {
  if (channel === 'rdb') return null;
  const last = syncs.at(-1);
  if (last?.decision === 'CONTINUE') return { offset: last.offset! - 1, at: last.decidedAt! };
  if (last?.decision === 'FULLRESYNC' && payload?.finishedAt != null)
    return { offset: last.grantedOffset!, at: payload.finishedAt };
  // Redis 8 says it on the other connection, and sends the stream without another word.
  const second = last?.decision === 'DUALCHANNEL' && rdb !== null ? syncsOf(rdb)[0] : undefined;
  if (second?.decision !== 'FULLRESYNC') return null;
  return { offset: second.grantedOffset!, at: second.decidedAt! };
}

/** Position of the stream's first byte in what the master wrote; null while it wrote none. */
function streamPosition({ master }: Told): number | null {
  const first = master?.fed[0];
  return first === undefined ? null : first.position - (first.endOffset - master!.startOffset!);
}

function commandsOf({ master }: Told, bytes: number): Record<string, number> | null {
  if (master?.inStep === false) return null;
  const byCommand: Record<string, number> = {};
  for (const { commands } of master?.fed ?? []) {
    for (const { name: word, endOffset } of commands) {
      if (endOffset > master!.startOffset! + bytes) continue;
      // The only one of its kind in a stream.
      const command = word === 'REPLCONF' ? 'REPLCONF GETACK' : word;
      byCommand[command] = (byCommand[command] ?? 0) + 1;
    }
  }
  return byCommand;
}

function newlinesOf({ wire, master, newlines }: Told): number {
  const down = (master?.keepalives ?? []).filter((position) => wire.has('server', position));
  return down.length + newlines.filter(({ position }) => wire.has('client', position)).length;
}

function phaseOf(
  syncs: readonly AccountedSync[],
  payload: AccountedPayload | null,
  flows: boolean,
): AccountedSession['phase'] {
  const last = syncs.at(-1);
  if (last === undefined || last.decision === 'REFUSED') return 'handshake';
  if (last.decision === 'CONTINUE' || payload?.complete || flows) return 'online';
  return payload === null ? 'waiting' : 'transfer';
}

function longestPause(times: readonly number[]): number | null {
  if (times.length < 2) return null;
  return Math.max(...times.slice(1).map((time, i) => time - times[i]!)) / 1000;
}

/** Sends and ACKs in the order in which they passed. */
function lagEvents(
  { wire, acks }: Told,
  first: number | null,
  begin: { offset: number; at: number },
): LagEvent[] {
  const events: LagEvent[] = [];
  let nextAck = 0;
  for (const { sender, at, position } of wire.passages) {
    if (sender === 'server') {
      if (first !== null && position > first) events.push({ kind: 'sent', at, bytes: position - first });
      continue;
    }
    for (; nextAck < acks.length && acks[nextAck]!.position <= position; nextAck++) {
      if (at < begin.at) continue;
      events.push({ kind: 'ack', at, bytes: acks[nextAck]!.offset - begin.offset });
    }
  }
  return events;
}

function clientOf({ clientAddress, clientPort }: SessionFacts): Endpoint {
  return { host: clientAddress, port: clientPort };
}

import type { FullSyncReason } from './psync-decision.js';

/** More sessions and facts than that are counted, not kept. */
const MAX_SESSIONS = 10_000;
const MAX_FACTS = 200_000;

/** The second connection of a two-connection sync, or none of it. */
export type Channels = 'one' | 'main' | 'rdb';

export interface RequestFact {
  /** µs */
  readonly at: number;
  readonly command: 'PSYNC' | 'SYNC';
  /** As asked; null with SYNC. */
  readonly replid: string | null;
  readonly offset: number | null;
}

export interface DecisionFact {
  readonly at: number;
  readonly kind: 'continue' | 'full' | 'second-channel' | 'refused';
  /** Why not a partial synchronization; null otherwise. */
  readonly reason: FullSyncReason | null;
  /** The error a refused request is answered with. */
  readonly error: string | null;
  /** The node's id and offset at the time of the decision. */
  readonly replid: string;
  readonly offset: number;
  /** continue: bytes of backlog sent; full: bytes of this history the replica lacked, null when it had another one. */
  readonly bytes: number | null;
  /** The log lines of a 7.0 server. */
  readonly log: readonly string[];
}

export interface PayloadFact {
  readonly form: 'length' | 'mark';
  readonly replid: string;
  /** Offset at the fork. */
  readonly offset: number;
  readonly bytes: number;
  readonly sha256: string;
  readonly keys: number;
  /** A fault changed its bytes. */
  readonly damaged: boolean;
  /** µs: first and last byte handed to the network; endedAt is null when it was cut off. */
  readonly startedAt: number;
  endedAt: number | null;
}

/** A line by which the master answers a request, or announces what follows; as text, without its end. */
export interface LineFact {
  readonly at: number;
  readonly text: string;
  /** Bytes on the connection up to behind it; more than ever are written where the peer has closed and the process has not read that. */
  readonly position: number;
}

/** Bytes of the stream that were handed to the network together. */
export interface FedFact {
  readonly at: number;
  /** Offset of the last one, and bytes written on the connection up to behind it. */
  readonly endOffset: number;
  readonly position: number;
  /** Commands that end in them: name in upper case, offset of the last byte. */
  readonly commands: readonly { readonly name: string; readonly endOffset: number }[];
}

export type CloseCause =
  | 'peer-closed'
  | 'output-buffer'
  | 'ack-timeout'
  | 'payload-timeout'
  | 'payload-sent'
  | 'history-changed'
  | 'other-channel-lost'
  | 'killed'
  | 'process-ended'
  | 'protocol-error';

export interface CloseFact {
  readonly at: number;
  readonly by: 'master' | 'replica';
  readonly how: 'fin' | 'rst';
  readonly cause: CloseCause;
}

/** What the master knows of one TCP connection on which a synchronization was asked for. */
export interface SessionFacts {
  readonly clientId: number;
  readonly clientAddress: string;
  readonly clientPort: number;
  listeningPort: number;
  announcedAddress: string | null;
  channels: Channels;
  readonly requests: RequestFact[];
  readonly decisions: DecisionFact[];
  readonly lines: LineFact[];
  readonly fed: FedFact[];
  payload: PayloadFact | null;
  /** Offset of the last byte before the first one of the stream; null before any could be sent. */
  startOffset: number | null;
  /** Offset of the last byte of the stream that was handed to the network. */
  endOffset: number | null;
  /** Whole commands in those bytes, by name in upper case. */
  readonly commands: Map<string, number>;
  /** False: what was sent does not begin with a command, as when a replica asked for the rest of one. The commands counted mean nothing then. */
  inStep: boolean;
  /** Highest offset acknowledged; null before the first. */
  lastAck: number | null;
  acks: number;
  readonly newlines: { toReplica: number; fromReplica: number };
  /** Where the newlines to the replica stand: bytes written up to behind each. */
  readonly keepalives: number[];
  closed: CloseFact | null;
}

/** One thing that happened, in order of time. */
export type MasterFact =
  | ({ readonly kind: 'request' } & Of & Omit<RequestFact, 'at'>)
  | {
      readonly kind: 'decision';
      readonly at: number;
      readonly clientId: number;
      readonly decision: DecisionFact;
    }
  | {
      readonly kind: 'payload';
      readonly at: number;
      readonly clientId: number;
      readonly payload: PayloadFact;
    }
  | ({ readonly kind: 'ack' } & Of & { readonly offset: number; readonly aofOffset: number | null })
  | { readonly kind: 'closed'; readonly at: number; readonly clientId: number; readonly closed: CloseFact }
  | { readonly kind: 'log'; readonly at: number; readonly text: string };

interface Of {
  readonly at: number;
  readonly clientId: number;
}

/** What a node knows of itself as a master: tests hold the analyzer's summary against it. Bounded; what did not fit is counted. */
export class MasterLog {
  readonly sessions: SessionFacts[] = [];
  readonly facts: MasterFact[] = [];
  dropped = 0;
  #kept = 0;

  open(facts: SessionFacts): void {
    if (this.sessions.length < MAX_SESSIONS) this.sessions.push(facts);
    else this.dropped++;
  }

  add(fact: MasterFact): void {
    if (this.#admit()) this.facts.push(fact);
  }

  /** A line of the dialogue was written. */
  wrote(session: SessionFacts, line: LineFact): void {
    if (this.#admit()) session.lines.push(line);
  }

  /** A newline was written behind which so many bytes stand. */
  keptAlive(session: SessionFacts, position: number): void {
    session.newlines.toReplica++;
    if (this.#admit()) session.keepalives.push(position);
  }

  /** Bytes of the stream were written. */
  sent(session: SessionFacts, fed: FedFact): void {
    if (this.#admit()) session.fed.push(fed);
  }

  /** A line as the server's log would have it. */
  say(at: number, text: string): void {
    this.add({ kind: 'log', at, text });
  }

  #admit(): boolean {
    const room = this.#kept < MAX_FACTS;
    if (room) this.#kept++;
    else this.dropped++;
    return room;
  }
}

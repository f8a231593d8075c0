import type { Clock } from '../net/clock.js';
import type { HistoryView } from './history.js';
import type {
  Channels,
  CloseCause,
  DecisionFact,
  MasterLog,
  RequestFact,
  SessionFacts,
} from './master-log.js';
import type { PsyncDecision, PsyncRequest } from './psync-decision.js';
import type { ReplicaPort } from './replica-session.js';

/** Writes down what happens on the connections that ask for a synchronization, from the first request to the close. */
export class SessionBook {
  readonly #clock: Clock;
  readonly #log: MasterLog;
  readonly #history: HistoryView;
  /** Connections that are open, by the client's id. */
  readonly #open = new Map<number, SessionFacts>();

  constructor(clock: Clock, log: MasterLog, history: HistoryView) {
    this.#clock = clock;
    this.#log = log;
    this.#history = history;
  }

  /** A request came: PSYNC, or SYNC (null). A connection may ask more than once. */
  asked(port: ReplicaPort, request: PsyncRequest | null): SessionFacts {
    const facts = this.#open.get(port.clientId) ?? this.#begin(port);
    const { announcement, clientId } = port;
    facts.listeningPort = announcement.listeningPort;
    facts.announcedAddress = announcement.address;
    facts.channels = channelsOf(port);
    const fact: RequestFact = {
      at: this.#clock.now(),
      command: request === null ? 'SYNC' : 'PSYNC',
      replid: request?.replid ?? null,
      offset: request?.offset ?? null,
    };
    facts.requests.push(fact);
    this.#log.add({ kind: 'request', clientId, ...fact });
    return facts;
  }

  of(port: ReplicaPort): SessionFacts {
    return this.#open.get(port.clientId) ?? this.#begin(port);
  }

  /** @param second a full synchronization is to go over a second connection. */
  decided(port: ReplicaPort, decision: PsyncDecision, second: boolean): void {
    const full = decision.kind === 'full';
    if (second) this.of(port).channels = 'main';
    this.#decision(port, {
      kind: second ? 'second-channel' : decision.kind,
      reason: full ? decision.reason : null,
      bytes: full ? decision.missing : decision.bytes,
      error: null,
      log: decision.log,
    });
    for (const text of decision.log) this.#log.say(this.#clock.now(), text);
  }

  refused(port: ReplicaPort, error: string): void {
    this.#decision(port, { kind: 'refused', reason: null, bytes: null, error, log: [] });
  }

  /** A line of the dialogue is about to be written on a connection that has no session. */
  wrote(port: ReplicaPort, text: string): void {
    const position = port.channel.written + text.length + '\r\n'.length;
    this.#log.wrote(this.of(port), { at: this.#clock.now(), text, position });
  }

  closed(clientId: number, by: 'master' | 'replica', how: 'fin' | 'rst', cause: CloseCause): void {
    const facts = this.#open.get(clientId);
    if (facts === undefined) return;
    this.#open.delete(clientId);
    const at = this.#clock.now();
    facts.closed = { at, by, how, cause };
    this.#log.add({ kind: 'closed', at, clientId, closed: facts.closed });
  }

  /** The process ends. */
  endAll(how: 'fin' | 'rst'): void {
    for (const clientId of [...this.#open.keys()]) this.closed(clientId, 'master', how, 'process-ended');
  }

  #begin(port: ReplicaPort): SessionFacts {
    const { remote } = port.channel;
    const facts: SessionFacts = {
      clientId: port.clientId,
      clientAddress: remote.host,
      clientPort: remote.port,
      listeningPort: port.announcement.listeningPort,
      announcedAddress: port.announcement.address,
      channels: channelsOf(port),
      requests: [],
      decisions: [],
      lines: [],
      fed: [],
      payload: null,
      startOffset: null,
      endOffset: null,
      commands: new Map(),
      inStep: true,
      lastAck: null,
      acks: 0,
      newlines: { toReplica: 0, fromReplica: 0 },
      keepalives: [],
      closed: null,
    };
    this.#open.set(port.clientId, facts);
    this.#log.open(facts);
    return facts;
  }

  #decision(port: ReplicaPort, made: Omit<DecisionFact, 'at' | 'replid' | 'offset'>): void {
    const { replid, offset } = this.#history;
    const decision: DecisionFact = { at: this.#clock.now(), replid, offset, ...made };
    this.of(port).decisions.push(decision);
    this.#log.add({ kind: 'decision', at: decision.at, clientId: port.clientId, decision });
  }
}

function channelsOf({ announcement }: ReplicaPort): Channels {
  if (announcement.rdbChannel) return 'rdb';
  return announcement.rdbClientId === null ? 'one' : 'main';
}

import type { Habits } from './habits.js';
import type { ReplicaSettings } from './host.js';

/** What an error in reply to a request leads to: see fatalReply. */
type Judge = 'ping' | 'needed' | 'optional';

interface Step {
  readonly words: readonly string[];
  readonly judge: Judge;
}

/** Names of `capa` for a full sync by two connections. */
const TWO_CONNECTIONS_CAPABILITY = { 'rdb-channel': 'rdb-channel-repl', 'dual-channel': 'dual-channel' };

/**
 * The requests of a replica before its PSYNC, in groups: those of a group are written at once, and the next group follows when all of
 * their replies are there (replication-wire.md, section 2).
 */
export function mainHandshake(habits: Habits, settings: ReplicaSettings): Step[][] {
  const steps: Step[] = [...authentication(habits, settings)];
  steps.push(optional('REPLCONF', 'listening-port', `${settings.listeningPort}`));
  if (habits.announcesAddress && settings.announceAddress !== null)
    steps.push(optional('REPLCONF', 'ip-address', settings.announceAddress));
  const capabilities = [...habits.capabilities];
  if (settings.twoConnections && habits.twoConnections !== null)
    capabilities.push(TWO_CONNECTIONS_CAPABILITY[habits.twoConnections]);
  steps.push(optional('REPLCONF', ...capabilities.flatMap((name) => ['capa', name])));
  if (habits.version !== null) steps.push(optional('REPLCONF', 'version', habits.version));
  const ping: Step = { words: ['PING'], judge: 'ping' };
  return habits.pipelined ? [[ping], steps] : [ping, ...steps].map((step) => [step]);
}

/** The requests of the connection that carries the payload (section 8). clientId: the main connection's, which Redis 8 names. */
export function rdbHandshake(habits: Habits, settings: ReplicaSettings, clientId: string | null): Step[][] {
  const words = ['REPLCONF', 'capa', 'eof', 'rdb-only', '1', 'rdb-channel', '1'];
  if (clientId !== null) words.push('main-ch-client-id', clientId);
  words.push('listening-port', `${settings.listeningPort}`);
  return [[...authentication(habits, settings), { words, judge: 'needed' }]];
}

function authentication(habits: Habits, settings: ReplicaSettings): Step[] {
  const { masterAuth, masterUser } = settings;
  if (masterAuth === null) return [];
  const user = habits.hasUsers && masterUser !== null ? [masterUser] : [];
  return [{ words: ['AUTH', ...user, masterAuth], judge: 'needed' }];
}

function optional(...words: string[]): Step {
  return { words, judge: 'optional' };
}

/** Goes through a handshake: writes its requests, takes their replies. */
export class Handshake {
  readonly #groups: Step[][];
  readonly #send: (words: readonly string[]) => void;
  /** Requests written that have no reply yet. */
  #pending: Step[] = [];

  constructor(groups: Step[][], send: (words: readonly string[]) => void) {
    this.#groups = [...groups];
    this.#send = send;
  }

  start(): void {
    this.#next();
  }

  /** All replies are there. */
  get isDone(): boolean {
    return this.#pending.length === 0 && this.#groups.length === 0;
  }

  /** Takes a reply line. @returns why the replica gives up, or null. */
  reply(line: string): string | null {
    const step = this.#pending.shift();
    if (step === undefined) return `unexpected reply '${line}'`;
    const reason = fatalReply(step, line);
    if (reason === null && this.#pending.length === 0) this.#next();
    return reason;
  }

  #next(): void {
    this.#pending = this.#groups.shift() ?? [];
    for (const step of this.#pending) this.#send(step.words);
  }
}

/** Why a reply ends the handshake, or null (section 2.1). A server that wants AUTH first may say so to PING. */
function fatalReply(step: Step, line: string): string | null {
  if (step.judge === 'optional') return null;
  if (step.judge === 'needed') return line.startsWith('-') ? `${step.words[0]} refused: ${line}` : null;
  return /^(\+|-NOAUTH|-NOPERM|-ERR operation not permitted)/.test(line)
    ? null
    : `error reply to PING: ${line}`;
}

import type { Command, Reply } from '../data/reply.js';
import type { ReplicaPort } from '../master/replica-session.js';

/** Commands of a client that is blocked, kept until it is not; a client with more is closed. */
const MAX_QUEUED_COMMANDS = 100_000;

/** What a command comes to: a reply, none at all, or one that comes later through answer() or retry() of the client. */
export type Outcome = Reply | 'none' | 'blocked';

/** A connection that may become a replica's. */
export interface SyncPort extends ReplicaPort {
  /** Replies to earlier commands have not gone yet. */
  readonly hasPending: boolean;
}

export interface ClientOutput {
  reply(reply: Reply): void;
  /** Nothing more is run for now: what has been replied can go. */
  flush(): void;
  close(how: 'fin' | 'rst'): void;
  /** QUIT: once the replies to what came so far have gone. */
  closeAfterReplies(): void;
}

/** Commands between MULTI and EXEC. */
export interface Transaction {
  readonly commands: Command[];
  /** One of them was refused: EXEC will be, too. */
  failed: boolean;
}

/** A client as the server keeps it: what it is logged in as, its database and transaction. */
export class Client {
  readonly id: number;
  db = 0;
  name = '';
  /** The user it is logged in as; null: none. */
  user: string | null;
  transaction: Transaction | null = null;
  /** Offset behind its last write: what WAIT waits for. */
  writeOffset = 0;
  /** Its connection; null: it is called from within the node. */
  readonly port: SyncPort | null;
  readonly output: ClientOutput;
  readonly #process: (client: Client, command: Command) => Outcome;
  #blocked = false;
  #queue: Command[] = [];
  #closed = false;

  constructor(
    id: number,
    user: string | null,
    port: SyncPort | null,
    output: ClientOutput,
    process: (client: Client, command: Command) => Outcome,
  ) {
    this.id = id;
    this.user = user;
    this.port = port;
    this.output = output;
    this.#process = process;
  }

  /** Runs a command, or keeps it while the client is blocked. */
  run(command: Command): void {
    if (this.#closed) return;
    if (!this.#blocked) this.#step(command);
    else if (this.#queue.length < MAX_QUEUED_COMMANDS) this.#queue.push(command);
    else this.output.close('rst');
  }

  /** The reply it was blocked for. */
  answer(reply: Reply): void {
    if (this.#closed) return;
    this.output.reply(reply);
    this.#goOn();
  }

  /** What kept a command from running is over. */
  retry(command: Command): void {
    if (this.#closed) return;
    this.#step(command);
    if (!this.#blocked) this.#goOn();
  }

  /** Nothing is run or answered any more. */
  close(): void {
    this.#closed = true;
    this.#queue = [];
  }

  #step(command: Command): void {
    const outcome = this.#process(this, command);
    this.#blocked = outcome === 'blocked';
    if (typeof outcome !== 'string') this.output.reply(outcome);
  }

  #goOn(): void {
    this.#blocked = false;
    while (!this.#blocked && !this.#closed && this.#queue.length > 0) this.#step(this.#queue.shift()!);
    this.output.flush();
  }
}

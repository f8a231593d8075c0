import { array, error, NIL_ARRAY, OK, simple } from '../data/encode-reply.js';
import type { Command, Reply } from '../data/reply.js';
import type { Effect } from '../master/stream-encoding.js';
import type { Client, Outcome } from './client.js';
import { LOADING, NO_AUTH, READ_ONLY, unknownCommand, wrongArity } from './command-errors.js';
import { SERVER_COMMANDS } from './commands.js';
import type { ServerCommand, ServerContext } from './context.js';
import { noteRefusal } from './replication-commands.js';

const QUEUED = simple('QUEUED');

/** A command that has been looked up. */
interface Known {
  readonly name: string;
  /** Null: a data command. */
  readonly own: ServerCommand | null;
  readonly write: boolean;
}

/** Takes a client's commands through all that can refuse them, executes them and puts what they change into the stream. */
export class Executor {
  readonly #server: ServerContext;
  /** Changes of the command or transaction at hand. */
  #effects: Effect[] = [];
  processed = 0;

  constructor(server: ServerContext) {
    this.#server = server;
  }

  process(client: Client, command: Command): Outcome {
    const known = this.#lookUp(command);
    if ('kind' in known) return refuse(client, known);
    const refused = this.#refusal(client, known);
    if (refused !== null) {
      if (refused.kind === 'error') noteRefusal(this.#server, client, command, refused.text);
      return refuse(client, refused);
    }
    const { name, own } = known;
    if (client.transaction !== null && own?.inMulti !== 'now') {
      if (own?.inMulti === 'refused')
        return refuse(client, error('ERR Command not allowed inside a transaction'));
      client.transaction.commands.push(command);
      return QUEUED;
    }
    if (this.#server.failover.pausesWrites && this.#writes(client, known)) {
      this.#server.failover.postpone(client, command);
      return 'blocked';
    }
    if (name === 'multi') {
      client.transaction = { commands: [], failed: false };
      return OK;
    }
    if (name === 'discard') return this.#discard(client);
    if (name === 'exec') return this.#exec(client);
    this.processed++;
    const outcome = this.#run(client, command, known, false);
    this.#propagate(client, false);
    return outcome;
  }

  #lookUp(command: Command): Known | Reply {
    const name = Buffer.from(command[0]!).toString('latin1').toLowerCase();
    const own = SERVER_COMMANDS.get(name);
    if (own !== undefined) {
      const fits = own.arity < 0 ? command.length >= -own.arity : command.length === own.arity;
      return fits ? { name, own, write: false } : wrongArity(name);
    }
    const facts = this.#server.dataset.inspect(command);
    if (facts === null) return unknownCommand(command);
    return facts.error ?? { name, own: null, write: facts.write };
  }

  #refusal(client: Client, { name, own, write }: Known): Reply | null {
    const { settings, upstream, loading } = this.#server;
    if (client.user === null && own?.noAuth !== true) return NO_AUTH;
    const user = settings.users.find((each) => each.name === client.user);
    if (user?.denied.includes(name)) {
      return error(`NOPERM this user has no permissions to run the '${name}' command`);
    }
    if (write && upstream !== null) return READ_ONLY;
    return loading && own?.loading !== true ? LOADING : null;
  }

  #writes(client: Client, { name, write }: Known): boolean {
    if (name !== 'exec') return write;
    const { dataset } = this.#server;
    return (client.transaction?.commands ?? []).some((command) => dataset.inspect(command)?.write === true);
  }

  #run(client: Client, command: Command, { own }: Known, inExec: boolean): Outcome {
    const server = this.#server;
    if (own !== null) {
      const args = command.slice(1).map((word) => Buffer.from(word).toString('latin1'));
      return own.run({ server, client, args, command, inExec });
    }
    const keepsExpired = server.upstream !== null;
    const { db } = client;
    const outcome = server.dataset.call(command, {
      db,
      now: server.clock.now(),
      replicated: false,
      keepsExpired,
    });
    if (outcome === null) return unknownCommand(command);
    for (const effect of outcome.effects) this.#effects.push({ db, command: effect });
    return outcome.reply;
  }

  #exec(client: Client): Outcome {
    const { transaction } = client;
    if (transaction === null) return error('ERR EXEC without MULTI');
    client.transaction = null;
    if (transaction.failed) return error('EXECABORT Transaction discarded because of previous errors.');
    const replies = transaction.commands.map((command) => {
      this.processed++;
      const known = this.#lookUp(command);
      if ('kind' in known) return known;
      // The node can have become a replica since the command was queued.
      if (known.write && this.#server.upstream !== null) return READ_ONLY;
      const outcome = this.#run(client, command, known, true);
      return typeof outcome === 'string' ? NIL_ARRAY : outcome;
    });
    this.#propagate(client, true);
    return array(replies);
  }

  #discard(client: Client): Outcome {
    if (client.transaction === null) return error('ERR DISCARD without MULTI');
    client.transaction = null;
    return OK;
  }

  #propagate(client: Client, exec: boolean): void {
    if (this.#effects.length === 0) return;
    const effects = this.#effects;
    this.#effects = [];
    if (this.#server.upstream !== null) return;
    this.#server.master.stream.write(effects, exec);
    client.writeOffset = this.#server.master.history.offset;
  }
}

/** A command refused within MULTI makes EXEC fail. */
function refuse(client: Client, reply: Reply): Reply {
  if (client.transaction !== null) client.transaction.failed = true;
  return reply;
}

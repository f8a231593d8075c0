import { bulk, error, integer, NIL, OK } from '../data/encode-reply.js';
import type { Reply } from '../data/reply.js';
import type { Client } from './client.js';
import { SYNTAX_ERROR, unknownSubcommand } from './command-errors.js';
import type { ServerCall, ServerCommand, ServerContext } from './context.js';

export const CLIENT_COMMANDS: Readonly<Record<string, ServerCommand>> = {
  client: { arity: -2, loading: true, run: client },
};

function client(call: ServerCall): Reply {
  const { args, client: caller, server } = call;
  const [subcommand = '', first] = args;
  switch (subcommand.toLowerCase()) {
    case 'id':
      return integer(caller.id);
    case 'getname':
      return caller.name === '' ? NIL : bulk(caller.name);
    case 'setname':
      return setName(caller, first);
    case 'setinfo':
    case 'no-evict':
    case 'no-touch':
      return OK;
    case 'info':
      return bulk(`${line(server, caller)}\n`);
    case 'list':
      return bulk([...server.clients.values()].map((each) => `${line(server, each)}\n`).join(''));
    case 'kill':
      return kill(call);
    default:
      return unknownSubcommand('CLIENT', subcommand);
  }
}

function setName(client: Client, name: string | undefined): Reply {
  if (name === undefined) return SYNTAX_ERROR;
  if (/[^!-~]/.test(name)) {
    return error('ERR Client names cannot contain spaces, newlines or special characters.');
  }
  client.name = name;
  return OK;
}

/** How CLIENT LIST tells of it, as far as there is something to tell. */
function line(server: ServerContext, client: Client): string {
  const { port } = client;
  const addr = port === null ? '?:0' : `${port.channel.remote.host}:${port.channel.remote.port}`;
  const laddr = port === null ? '?:0' : `${port.channel.local.host}:${port.channel.local.port}`;
  const multi = client.transaction?.commands.length ?? -1;
  const fields = {
    id: client.id,
    addr,
    laddr,
    name: client.name,
    db: client.db,
    multi,
    user: client.user ?? '',
  };
  const flags = server.master.sessionOf(client.id) === null ? 'N' : 'S';
  return `${Object.entries(fields)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ')} flags=${flags}`;
}

/** `CLIENT KILL addr`, or filters: ID, ADDR, LADDR, USER, TYPE, SKIPME; all of them must hold. */
function kill({ args, client: caller, server }: ServerCall): Reply {
  const old = args.length === 2;
  const filters = old ? ['addr', args[1]!] : args.slice(1);
  if (filters.length === 0 || filters.length % 2 !== 0) return SYNTAX_ERROR;
  let chosen = [...server.clients.values()];
  let skipMe = !old;
  for (let i = 0; i < filters.length; i += 2) {
    const name = filters[i]!.toLowerCase();
    const value = filters[i + 1]!;
    if (name === 'skipme') skipMe = value.toLowerCase() !== 'no';
    else {
      const holds = FILTERS[name];
      if (holds === undefined) return SYNTAX_ERROR;
      chosen = chosen.filter((each) => holds(server, each, value));
    }
  }
  const killed = chosen.filter((each) => !(skipMe && each === caller));
  for (const each of killed) {
    const session = server.master.sessionOf(each.id);
    if (session !== null) server.master.drop(session, 'killed');
    else if (each === caller) each.output.closeAfterReplies();
    else each.output.close('fin');
  }
  if (!old) return integer(killed.length);
  return killed.length > 0 ? OK : error('ERR No such client');
}

type Filter = (server: ServerContext, client: Client, value: string) => boolean;

const FILTERS: Readonly<Record<string, Filter>> = {
  id: (_server, client, value) => `${client.id}` === value,
  addr: (_server, { port }, value) => `${port?.channel.remote.host}:${port?.channel.remote.port}` === value,
  laddr: (_server, { port }, value) => `${port?.channel.local.host}:${port?.channel.local.port}` === value,
  user: (_server, client, value) => client.user === value,
  type: (server, client, value) => {
    const isReplica = server.master.sessionOf(client.id) !== null;
    return isReplica ? /^(replica|slave)$/i.test(value) : /^normal$/i.test(value);
  },
};

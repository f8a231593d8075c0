import { array, bulk, EMPTY_ARRAY, error, integer, OK, simple } from '../data/encode-reply.js';
import type { Reply } from '../data/reply.js';
import { SYNTAX_ERROR, wrongArity } from './command-errors.js';
import type { ServerCall, ServerCommand } from './context.js';
import { DEFAULT_USER, type NodeSettings } from './settings.js';

const WRONG_PASSWORD = error('WRONGPASS invalid username-password pair or user is disabled.');
const NO_PASSWORD_SET = error(
  'ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?',
);

export const CONNECTION_COMMANDS: Readonly<Record<string, ServerCommand>> = {
  ping: { arity: -1, run: ({ args }) => (args.length > 1 ? wrongArity('ping') : pong(args[0])) },
  echo: { arity: 2, run: ({ args }) => bulk(args[0]!) },
  auth: { arity: -2, noAuth: true, loading: true, run: auth },
  hello: { arity: -1, noAuth: true, loading: true, run: hello },
  select: { arity: 2, loading: true, run: select },
  quit: { arity: -1, noAuth: true, loading: true, inMulti: 'now', run: quit },
  reset: { arity: 1, noAuth: true, loading: true, inMulti: 'now', run: reset },
  // An empty list: clients that ask what there is find out by themselves.
  command: {
    arity: -1,
    loading: true,
    run: ({ args }) => (/^count$/i.test(args[0] ?? '') ? integer(0) : EMPTY_ARRAY),
  },
};

/** The user a new connection is: the default one, unless that has a password. */
export function userAtFirst({ password }: NodeSettings): string | null {
  return password === null ? DEFAULT_USER : null;
}

function pong(text: string | undefined): Reply {
  return text === undefined ? simple('PONG') : bulk(text);
}

function auth(call: ServerCall): Reply {
  const { args, server } = call;
  if (args.length > 2) return SYNTAX_ERROR;
  if (args.length === 1 && server.settings.password === null) return NO_PASSWORD_SET;
  return args.length === 1 ? logIn(call, DEFAULT_USER, args[0]!) : logIn(call, args[0]!, args[1]!);
}

function logIn({ client, server }: ServerCall, name: string, password: string): Reply {
  const { settings } = server;
  const user = settings.users.find((each) => each.name === name);
  const expected = name === DEFAULT_USER ? settings.password : user?.password;
  // A default user without a password takes any.
  const right = expected === null || expected === password;
  if (expected === undefined || !right) return WRONG_PASSWORD;
  client.user = name;
  return OK;
}

/** `HELLO [2 [AUTH user password] [SETNAME name]]`; of the newer protocol nothing is spoken. */
function hello(call: ServerCall): Reply {
  const { args, client, server } = call;
  if (args.length > 0 && args[0] !== '2') return error('NOPROTO unsupported protocol version');
  for (let i = 1; i < args.length; i++) {
    const option = args[i]!.toLowerCase();
    if (option === 'auth' && i + 2 < args.length) {
      const reply = logIn(call, args[i + 1]!, args[i + 2]!);
      if (reply !== OK) return reply;
      i += 2;
    } else if (option === 'setname' && i + 1 < args.length) {
      client.name = args[i + 1]!;
      i++;
    } else return error(`ERR Syntax error in HELLO option '${args[i]}'`);
  }
  if (client.user === null) {
    return error(
      'NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time',
    );
  }
  const fields: [string, Reply][] = [
    ['server', bulk(server.traits.family)],
    ['version', bulk(server.traits.version)],
    ['proto', integer(2)],
    ['id', integer(client.id)],
    ['mode', bulk('standalone')],
    ['role', bulk(server.upstream === null ? 'master' : 'replica')],
    ['modules', EMPTY_ARRAY],
  ];
  return array(fields.flatMap(([name, value]) => [bulk(name), value]));
}

function select({ args, client, server }: ServerCall): Reply {
  const db = /^\d{1,9}$/.test(args[0]!) ? Number(args[0]) : null;
  if (db === null) return error('ERR invalid DB index');
  if (db >= server.settings.databases) return error('ERR DB index is out of range');
  client.db = db;
  return OK;
}

function quit({ client }: ServerCall): Reply {
  client.output.closeAfterReplies();
  return OK;
}

function reset({ client, server }: ServerCall): Reply {
  client.transaction = null;
  client.db = 0;
  client.name = '';
  client.user = userAtFirst(server.settings);
  return simple('RESET');
}

import { bulk, bulks, error, integer, OK, simple } from '../data/encode-reply.js';
import type { Reply } from '../data/reply.js';
import { SECOND } from '../net/clock.js';
import type { Outcome } from './client.js';
import { SYNTAX_ERROR, unknownSubcommand, wrongArity } from './command-errors.js';
import { CONFIG_ALIASES, CONFIG_OPTIONS } from './config-options.js';
import type { ServerCall, ServerCommand } from './context.js';
import { infoText } from './info.js';

export const ADMIN_COMMANDS: Readonly<Record<string, ServerCommand>> = {
  info: { arity: -1, loading: true, run: ({ server, args }) => bulk(infoText(server, args)) },
  config: { arity: -2, loading: true, run: config },
  debug: { arity: -2, run: debug },
  lastsave: { arity: 1, run: ({ server }) => integer(Math.floor(server.startedAt / SECOND)) },
  shutdown: { arity: -1, loading: true, inMulti: 'refused', run: shutdown },
};

function config({ args, server }: ServerCall): Reply {
  const [subcommand = '', ...rest] = args;
  switch (subcommand.toLowerCase()) {
    case 'get':
      return rest.length === 0 ? wrongArity('config|get') : configGet(rest, server.settings);
    case 'set':
      return rest.length === 0 || rest.length % 2 !== 0 ? wrongArity('config|set') : configSet(rest, server);
    case 'rewrite':
    case 'resetstat':
      return OK;
    default:
      return unknownSubcommand('CONFIG', subcommand);
  }
}

function configGet(patterns: readonly string[], settings: ServerCall['server']['settings']): Reply {
  const wanted = patterns.map(globRegExp);
  const names = [...Object.keys(CONFIG_OPTIONS), ...Object.keys(CONFIG_ALIASES)];
  const found = names.filter((name) => wanted.some((pattern) => pattern.test(name)));
  return bulks(found.flatMap((name) => [name, optionOf(name)!.get(settings)]));
}

function configSet(pairs: readonly string[], { settings, master }: ServerCall['server']): Reply {
  for (let i = 0; i < pairs.length; i += 2) {
    const option = optionOf(pairs[i]!.toLowerCase());
    if (option === undefined)
      return error(`ERR Unknown option or number of arguments for CONFIG SET - '${pairs[i]}'`);
    const failed = `ERR CONFIG SET failed (possibly related to argument '${pairs[i]}')`;
    if (option.set === null) return error(`${failed} - can't set immutable config`);
    if (!option.set(settings, pairs[i + 1]!)) return error(`${failed} - argument is not valid`);
  }
  master.stream.backlog?.resize(settings.backlogSize);
  return OK;
}

function optionOf(name: string): (typeof CONFIG_OPTIONS)[string] | undefined {
  const own = CONFIG_ALIASES[name] ?? name;
  return Object.hasOwn(CONFIG_OPTIONS, own) ? CONFIG_OPTIONS[own] : undefined;
}

/** CONFIG GET's patterns: `*` and `?`. */
function globRegExp(pattern: string): RegExp {
  const escaped = pattern.toLowerCase().replaceAll(/[\\^$.|+()[\]{}]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`);
}

function debug({ args, server }: ServerCall): Reply {
  if (/^digest$/i.test(args[0]!)) return simple(server.dataset.digest());
  return unknownSubcommand('DEBUG', args[0]!);
}

/** `SHUTDOWN [NOSAVE]`: nothing is saved in any case. No reply: the connection closes. */
function shutdown({ args, server }: ServerCall): Outcome {
  if (args.some((word) => !/^(nosave|now|force)$/i.test(word))) return SYNTAX_ERROR;
  server.shutdown();
  return 'none';
}

import { error } from '../data/encode-reply.js';
import type { Command, Reply } from '../data/reply.js';

/** Errors as 7.0 words them. */
export const SYNTAX_ERROR = error('ERR syntax error');
export const NOT_AN_INTEGER = error('ERR value is not an integer or out of range');
export const NO_AUTH = error('NOAUTH Authentication required.');
export const READ_ONLY = error("READONLY You can't write against a read only replica.");
export const LOADING = error('LOADING Redis is loading the dataset in memory');

/** How much of an unknown command's name and arguments is told, in characters. */
const SHOWN_NAME = 128;

export function unknownCommand(command: Command): Reply {
  const [name = '', ...args] = command.map((word) => Buffer.from(word).toString('latin1'));
  let shown = '';
  for (const arg of args) {
    if (shown.length >= SHOWN_NAME) break;
    shown += `'${arg.slice(0, SHOWN_NAME - shown.length)}' `;
  }
  return error(`ERR unknown command '${name.slice(0, SHOWN_NAME)}', with args beginning with: ${shown}`);
}

export function wrongArity(name: string): Reply {
  return error(`ERR wrong number of arguments for '${name}' command`);
}

export function unknownSubcommand(name: string, subcommand: string): Reply {
  return error(`ERR unknown subcommand '${subcommand.slice(0, SHOWN_NAME)}'. Try ${name} HELP.`);
}

/** A decimal integer within what offsets, ports and times need; null for anything else. */
export function readInteger(text: string | undefined): number | null {
  return text !== undefined && /^(0|-?[1-9]\d{0,14})$/.test(text) ? Number(text) : null;
}

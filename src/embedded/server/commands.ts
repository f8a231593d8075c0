import { ADMIN_COMMANDS } from './admin-commands.js';
import { CLIENT_COMMANDS } from './client-command.js';
import { CONNECTION_COMMANDS } from './connection-commands.js';
import type { ServerCommand } from './context.js';
import { REPLICATION_COMMANDS } from './replication-commands.js';

/** MULTI, EXEC and DISCARD are the executor's own; here stands how they are treated on the way to it. */
const transaction: ServerCommand = { arity: 1, inMulti: 'now', loading: true, run: () => 'none' };
const multi: ServerCommand = { ...transaction, inMulti: 'refused' };

/** All commands that are no data commands, by name in lower case. */
export const SERVER_COMMANDS: ReadonlyMap<string, ServerCommand> = new Map(
  Object.entries({
    ...CONNECTION_COMMANDS,
    ...CLIENT_COMMANDS,
    ...REPLICATION_COMMANDS,
    ...ADMIN_COMMANDS,
    multi,
    exec: transaction,
    discard: transaction,
  }),
);

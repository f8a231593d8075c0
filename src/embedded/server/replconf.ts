import { error, OK } from '../data/encode-reply.js';
import type { Reply } from '../data/reply.js';
import type { Announcement } from '../master/announcement.js';
import type { Outcome } from './client.js';
import { NOT_AN_INTEGER, readInteger, SYNTAX_ERROR } from './command-errors.js';
import type { ServerCall, ServerContext } from './context.js';

/** Longer addresses are refused (NET_HOST_STR_LEN is 256 with its end). */
const MAX_ADDRESS = 255;
/** No replica offers more capabilities; names beyond are dropped. */
const MAX_CAPABILITIES = 32;

/** Takes one option in; returns the error it is answered with, or null. */
type Option = (announcement: Announcement, value: string, server: ServerContext) => Reply | null;

/** Options that announce something (replication-wire.md, section 3). */
const OPTIONS: Readonly<Record<string, Option>> = {
  'listening-port': (announcement, value) => {
    const port = readInteger(value);
    if (port === null) return NOT_AN_INTEGER;
    announcement.listeningPort = port;
    return null;
  },
  'ip-address': (announcement, value) => {
    if (value.length > MAX_ADDRESS) {
      return error(`ERR REPLCONF ip-address provided by replica instance is too long: ${value.length} bytes`);
    }
    announcement.address = value === '' ? null : value;
    return null;
  },
  capa: (announcement, value) => {
    const { capabilities } = announcement;
    if (capabilities.size < MAX_CAPABILITIES) capabilities.add(value.toLowerCase());
    return null;
  },
  'rdb-only': (announcement, value) => flag(value, (on) => (announcement.rdbOnly = on)),
  'rdb-filter-only': (announcement, value) => {
    const names = value.split(' ').filter((name) => name !== '');
    const unknown = names.find((name) => name.toLowerCase() !== 'functions');
    if (unknown !== undefined) return error(`ERR Unsupported rdb-filter-only option: ${unknown}`);
    announcement.filter = names.join(' ');
    return null;
  },
};

/** Those of the servers with a second connection. */
const VALKEY_OPTIONS: Readonly<Record<string, Option>> = {
  version: (announcement, value) => {
    if (!/^\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(value)) return error('ERR Unrecognized version format');
    announcement.version = value;
    return null;
  },
  'rdb-channel': (announcement, value) => flag(value, (on) => (announcement.rdbChannel = on)),
  'set-rdb-client-id': (announcement, value, { master }) => {
    const id = readInteger(value);
    const session = id === null ? null : master.sessionOf(id);
    if (session?.port.announcement.rdbChannel !== true)
      return error(`ERR Unrecognized RDB client id ${value}`);
    announcement.rdbClientId = id;
    return null;
  },
};

const REDIS_8_OPTIONS: Readonly<Record<string, Option>> = {
  'rdb-channel': VALKEY_OPTIONS['rdb-channel']!,
  'main-ch-client-id': (announcement, value, { master }) => {
    const id = readInteger(value);
    if (id === null || master.sessionOf(id) === null)
      return error(`ERR Unrecognized RDB client id: ${value}`);
    announcement.mainClientId = id;
    return null;
  },
};

/** REPLCONF: options in pairs, each applied before the next is looked at; ACK has no reply. */
export function replconf({ args, client, server }: ServerCall): Outcome {
  if (args.length % 2 !== 0) return SYNTAX_ERROR;
  const { port } = client;
  for (let i = 0; i < args.length; i += 2) {
    const name = args[i]!.toLowerCase();
    const value = args[i + 1]!;
    // GETACK goes from masters to replicas; from anyone else it is not answered.
    if (name === 'getack') return 'none';
    if (name === 'ack') return acknowledge(client.id, server, value, args.slice(i + 2));
    const option = optionFor(name, server);
    if (option === undefined) return error(`ERR Unrecognized REPLCONF option: ${args[i]}`);
    const refused = port === null ? null : option(port.announcement, value, server);
    if (refused !== null) return refused;
  }
  return OK;
}

function optionFor(name: string, { traits }: ServerContext): Option | undefined {
  const channels = { 'dual-channel': VALKEY_OPTIONS, 'rdb-channel': REDIS_8_OPTIONS };
  const further = traits.secondChannel === null ? {} : channels[traits.secondChannel];
  const all: Readonly<Record<string, Option>> = { ...OPTIONS, ...further };
  return Object.hasOwn(all, name) ? all[name] : undefined;
}

function acknowledge(
  clientId: number,
  server: ServerContext,
  value: string,
  rest: readonly string[],
): Outcome {
  const session = server.master.sessionOf(clientId);
  const offset = readInteger(value);
  if (session === null || offset === null) return 'none';
  const aofOffset = rest[0]?.toLowerCase() === 'fack' ? readInteger(rest[1]) : null;
  server.master.acknowledged(session, offset, aofOffset);
  return 'none';
}

function flag(value: string, set: (on: boolean) => void): Reply | null {
  const number = readInteger(value);
  if (number === null) return NOT_AN_INTEGER;
  set(number === 1);
  return null;
}

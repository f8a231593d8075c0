import { isIP } from 'node:net';
import { array, bulk, error, integer, OK, simple } from '../data/encode-reply.js';
import type { Command, Reply } from '../data/reply.js';
import type { PsyncRequest } from '../master/psync-decision.js';
import type { Endpoint } from '../net/network.js';
import type { LinkState } from '../replica/host.js';
import type { Client, Outcome } from './client.js';
import { NOT_AN_INTEGER, readInteger, SYNTAX_ERROR } from './command-errors.js';
import type { ServerCall, ServerCommand, ServerContext } from './context.js';
import { replconf } from './replconf.js';

const MAX_PORT = 65_535;

export const REPLICATION_COMMANDS: Readonly<Record<string, ServerCommand>> = {
  replconf: { arity: -1, loading: true, inMulti: 'refused', run: replconf },
  psync: { arity: -3, inMulti: 'refused', run: psync },
  sync: { arity: 1, inMulti: 'refused', run: (call) => synchronize(call, null, false) },
  replicaof: { arity: 3, run: replicaOf },
  slaveof: { arity: 3, run: replicaOf },
  failover: { arity: -1, run: failover },
  role: { arity: 1, loading: true, run: role },
  wait: { arity: 3, run: wait },
};

/** A request for a synchronization that was refused before it came here is written down like those that are refused here. */
export function noteRefusal(
  { master }: ServerContext,
  { port }: Client,
  command: Command,
  text: string,
): void {
  const [name, ...args] = command.map((word) => Buffer.from(word).toString('latin1'));
  const isPsync = /^psync$/i.test(name!);
  if (port !== null && (isPsync || /^sync$/i.test(name!)))
    master.refuse(port, isPsync ? requested(args) : null, text);
}

function requested([replid = '', text]: readonly string[]): PsyncRequest {
  return { replid: replid.toLowerCase(), offset: readInteger(text) ?? Number.NaN };
}

function psync(call: ServerCall): Outcome {
  const further = call.args[2] ?? '';
  const asked = /^failover$/i.test(further) && call.server.traits.failover;
  return synchronize(call, requested(call.args), asked);
}

/** Serves a synchronization, or refuses it (replication-wire.md 2.2). Who is a replica already gets no answer. */
function synchronize(
  { client, server }: ServerCall,
  request: PsyncRequest | null,
  takeOver: boolean,
): Outcome {
  const { port } = client;
  if (port === null || server.master.sessionOf(client.id) !== null) return 'none';
  if (request !== null && takeOver) {
    const refused = takeOverError(server, request);
    if (refused === null) server.replicaOf(null);
    else return refuse(refused);
  }
  const refused = syncError(server, request, port.hasPending);
  if (refused !== null) return refuse(refused);
  const { capabilities, filter } = port.announcement;
  if (filter !== null && !capabilities.has('eof'))
    return refuse('ERR Filtered replica requires EOF capability');
  server.master.sync(port, request);
  return 'none';

  function refuse(text: string): Reply {
    server.master.refuse(port!, request, text);
    return error(text);
  }
}

function takeOverError({ upstream, master }: ServerContext, { replid }: PsyncRequest): string | null {
  if (upstream === null) return "ERR PSYNC FAILOVER can't be sent to a master.";
  return replid === master.history.replid ? null : 'ERR PSYNC FAILOVER replid must match my replid.';
}

function syncError(server: ServerContext, request: PsyncRequest | null, pending: boolean): string | null {
  const { failover, upstream, traits } = server;
  if (failover.pausesWrites) return "NOMASTERLINK Can't SYNC while failing over";
  if (upstream !== null && upstream.link.state !== 'online') {
    const code = traits.replicationIds ? 'NOMASTERLINK' : 'ERR';
    return `${code} Can't SYNC while not connected with my master`;
  }
  if (pending) return 'ERR SYNC and PSYNC are invalid with pending output';
  return Number.isNaN(request?.offset) ? 'ERR value is not an integer or out of range' : null;
}

function replicaOf({ args, server }: ServerCall): Reply {
  if (server.failover.pausesWrites) return error('ERR REPLICAOF not allowed while failing over.');
  const [host, port] = args as [string, string];
  if (/^no$/i.test(host) && /^one$/i.test(port)) {
    server.replicaOf(null);
    return OK;
  }
  const master = readEndpoint(host, port);
  if (typeof master === 'string') return error(master);
  const now = server.upstream?.link.master;
  if (now?.host === master.host && now.port === master.port)
    return simple('OK Already connected to specified master');
  server.replicaOf(master);
  return OK;
}

/** @returns an error's text when it is none. Names are not resolved, apart from the one everybody has. */
function readEndpoint(host: string, portText: string): Endpoint | string {
  const port = readInteger(portText);
  if (port === null || port < 0 || port > MAX_PORT) return 'ERR Invalid master port';
  const address = host.toLowerCase() === 'localhost' ? '127.0.0.1' : host;
  return isIP(address) === 0 ? 'ERR Invalid master host, an IP address is needed' : { host: address, port };
}

/** `FAILOVER [TO host port [FORCE]] [ABORT] [TIMEOUT ms]` */
function failover({ args, server }: ServerCall): Reply {
  const { failover: current, upstream, traits } = server;
  if (!traits.failover) return error('ERR unknown command `FAILOVER`, with args beginning with: ');
  const words = args.map((word) => word.toLowerCase());
  if (words.length === 1 && words[0] === 'abort') {
    return current.abort() ? OK : error('ERR No failover in progress.');
  }
  let target: Endpoint | null = null;
  let timeout = 0;
  let force = false;
  for (let i = 0; i < words.length; i++) {
    if (words[i] === 'to' && i + 2 < words.length && target === null) {
      const read = readEndpoint(words[i + 1]!, words[i + 2]!);
      if (typeof read === 'string') return error(read);
      target = read;
      i += 2;
    } else if (words[i] === 'timeout' && i + 1 < words.length) {
      const ms = readInteger(words[i + 1]);
      if (ms === null) return NOT_AN_INTEGER;
      if (ms <= 0) return error('ERR FAILOVER timeout must be greater than 0');
      timeout = ms;
      i++;
    } else if (words[i] === 'force') force = true;
    else return SYNTAX_ERROR;
  }
  if (current.pausesWrites) return error('ERR FAILOVER already in progress.');
  if (upstream !== null) return error('ERR FAILOVER is not valid when server is a replica.');
  if (force && (target === null || timeout === 0)) {
    return error('ERR FAILOVER with force option requires both a timeout and target HOST and IP.');
  }
  const refused = current.start({ target, timeout, force });
  return refused === null ? OK : error(refused);
}

const ROLE_STATES: Readonly<Record<LinkState, string>> = {
  down: 'connect',
  connecting: 'connecting',
  handshake: 'handshake',
  waiting: 'handshake',
  transfer: 'sync',
  loading: 'sync',
  online: 'connected',
};

function role({ server }: ServerCall): Reply {
  const { upstream, master } = server;
  if (upstream !== null) {
    const { link, offset } = upstream;
    const state = bulk(ROLE_STATES[link.state]);
    return array([bulk('slave'), bulk(link.master.host), integer(link.master.port), state, integer(offset)]);
  }
  const online = [...master.sessions].filter((session) => session.online);
  const replicas = online.map(({ port, ackOffset }) => {
    const { address, listeningPort } = port.announcement;
    return array([bulk(address ?? port.channel.remote.host), bulk(`${listeningPort}`), bulk(`${ackOffset}`)]);
  });
  return array([bulk('master'), integer(master.history.offset), array(replicas)]);
}

function wait({ args, client, server, inExec }: ServerCall): Outcome {
  const replicas = readInteger(args[0]);
  const timeout = readInteger(args[1]);
  if (server.upstream !== null) {
    return error(
      'ERR WAIT cannot be used with replica instances. Please also note that since Redis 4.0 if a replica is configured to be writable (which is not the default) writes to replicas are just local and are not propagated.',
    );
  }
  if (replicas === null) return NOT_AN_INTEGER;
  if (timeout === null) return error('ERR timeout is not an integer or out of range');
  if (timeout < 0) return error('ERR timeout is negative');
  const acknowledged = server.master.acknowledgedBy(client.writeOffset);
  if (acknowledged >= replicas || inExec) return integer(acknowledged);
  server.waits.add(client, replicas, timeout);
  return 'blocked';
}

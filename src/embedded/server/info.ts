import { SECOND } from '../net/clock.js';
import type { LinkState } from '../replica/host.js';
import type { ServerContext } from './context.js';

type Fields = (readonly [name: string, value: string | number])[];

/** INFO's sections in the form and order of 7.0, as far as this server has something to tell. */
const SECTIONS: Readonly<Record<string, (server: ServerContext) => Fields>> = {
  Server: serverFields,
  Clients: ({ clients, master }) => [['connected_clients', clients.size - master.sessions.size]],
  Persistence: ({ loading }) => [
    ['loading', loading ? 1 : 0],
    ['rdb_bgsave_in_progress', 0],
    ['aof_enabled', 0],
  ],
  Stats: ({ commandsProcessed }) => [['total_commands_processed', commandsProcessed]],
  Replication: replicationFields,
  Keyspace: ({ dataset }) =>
    dataset.usedDatabases().map((db) => {
      const expires = dataset.databases[db]!.expiring;
      return [`db${db}`, `keys=${dataset.keyCount(db)},expires=${expires},avg_ttl=0`] as const;
    }),
};

/** @param wanted section names in any case; none: all of them. Unknown ones are empty. */
export function infoText(server: ServerContext, wanted: readonly string[]): string {
  const names = wanted.map((name) => name.toLowerCase());
  const all = names.length === 0 || names.some((name) => /^(all|default|everything)$/.test(name));
  const parts: string[] = [];
  for (const [name, fields] of Object.entries(SECTIONS)) {
    if (!all && !names.includes(name.toLowerCase())) continue;
    const lines = fields(server).map(([field, value]) => `${field}:${value}\r\n`);
    parts.push(`# ${name}\r\n${lines.join('')}`);
  }
  return parts.join('\r\n');
}

function serverFields(server: ServerContext): Fields {
  const { traits, endpoint, runId, startedAt, clock } = server;
  const uptime = Math.floor((clock.now() - startedAt) / SECOND);
  const version: Fields =
    traits.family === 'valkey'
      ? [
          // What clients that know Redis alone are told.
          ['redis_version', '7.2.4'],
          ['server_name', 'valkey'],
          ['valkey_version', traits.version],
        ]
      : [['redis_version', traits.version]];
  return [
    ...version,
    ['redis_mode', 'standalone'],
    ['arch_bits', 64],
    ['run_id', runId],
    ['tcp_port', endpoint.port],
    ['server_time_usec', clock.now()],
    ['uptime_in_seconds', uptime],
    ['uptime_in_days', Math.floor(uptime / 86_400)],
  ];
}

function replicationFields(server: ServerContext): Fields {
  const { master, traits, failover } = server;
  const { history, stream, sessions } = master;
  const { backlog } = stream;
  const now = server.clock.now();
  const replicas: Fields = [...sessions].map((session, index) => {
    const { address, listeningPort: port } = session.port.announcement;
    const ip = address ?? session.port.channel.remote.host;
    const lag = session.online ? Math.floor((now - session.heardAt) / SECOND) : 0;
    const value = `ip=${ip},port=${port},state=${session.info},offset=${session.ackOffset},lag=${lag}`;
    return [`slave${index}`, value] as const;
  });
  const ids: Fields = traits.replicationIds
    ? [
        ['master_failover_state', failover.state],
        ['master_replid', history.replid],
        ['master_replid2', history.replid2],
      ]
    : [];
  const second: Fields = traits.replicationIds ? [['second_repl_offset', history.secondOffset]] : [];
  return [
    ['role', server.upstream === null ? 'master' : 'slave'],
    ...upstreamFields(server, now),
    ['connected_slaves', sessions.size],
    ...replicas,
    ...ids,
    ['master_repl_offset', history.offset],
    ...second,
    ['repl_backlog_active', backlog === null ? 0 : 1],
    ['repl_backlog_size', server.settings.backlogSize],
    ['repl_backlog_first_byte_offset', backlog?.firstOffset ?? 0],
    ['repl_backlog_histlen', backlog?.length ?? 0],
  ];
}

const SYNCING: readonly LinkState[] = ['transfer', 'loading'];

function upstreamFields({ upstream }: ServerContext, now: number): Fields {
  if (upstream === null) return [];
  const { link, offset } = upstream;
  const up = link.state === 'online';
  return [
    ['master_host', link.master.host],
    ['master_port', link.master.port],
    ['master_link_status', up ? 'up' : 'down'],
    ['master_last_io_seconds_ago', up ? Math.floor((now - link.lastHeard) / SECOND) : -1],
    ['master_sync_in_progress', SYNCING.includes(link.state) ? 1 : 0],
    ['slave_read_repl_offset', offset],
    ['slave_repl_offset', offset],
    ['slave_priority', 100],
    ['slave_read_only', 1],
    ['replica_announced', 1],
  ];
}

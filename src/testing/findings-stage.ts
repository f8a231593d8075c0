import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { analyze } from '../index.js';
import { topologyOf } from './analyze-topology.js';
import { Sentinel } from './redis-sentinel.js';
import { freePort, RedisServer, Tcpdump } from './redis-server.js';
import { ReplicationProxy } from './replication-proxy.js';
import { sleep } from './run-cli.js';

/** Real servers on which a story of fixtures/findings is played, and the capture of what their replication connections said. */
export class FindingsStage {
  readonly folder = mkdtempSync(join(tmpdir(), 'psyncscope-story-'));
  readonly #servers: RedisServer[] = [];
  readonly #proxies: ReplicationProxy[] = [];
  readonly #raw = join(this.folder, 'raw.pcap');
  #dump: Tcpdump | null = null;
  #sentinel: Sentinel | null = null;

  /** A server; a replica of whoever listens on `masterPort`. */
  async server(options: readonly string[] = [], masterPort: number | null = null): Promise<RedisServer> {
    const common = ['--repl-diskless-sync-delay', '0', '--repl-ping-replica-period', '1'];
    const replicaOf = masterPort === null ? [] : ['--replicaof', `127.0.0.1 ${masterPort}`];
    const server = new RedisServer(await freePort(), this.folder, [
      ...[...common, '--enable-debug-command', 'yes', ...options, ...replicaOf],
    ]);
    await server.start();
    this.#servers.push(server);
    return server;
  }

  async proxy(masterPort: number): Promise<ReplicationProxy & { port: number }> {
    const port = await freePort();
    const proxy = await ReplicationProxy.start(port, masterPort);
    this.#proxies.push(proxy);
    return Object.assign(proxy, { port });
  }

  /** A Sentinel that watches the master on that port, which has two replicas. What it orders is kept in the capture. */
  async sentinel(masterPort: number): Promise<void> {
    this.#sentinel = await Sentinel.start(this.folder, masterPort);
  }

  /** From here on packets from and to these ports are captured. */
  async record(...ports: number[]): Promise<void> {
    this.#dump = await Tcpdump.start(this.#raw, ports);
  }

  /** Waits until the replica's link is up. */
  async online(replica: RedisServer): Promise<void> {
    const end = Date.now() + 30_000;
    while ((await replica.replication()).master_link_status !== 'up') {
      if (Date.now() > end) throw new Error('waited in vain for the link to come up');
      await sleep(50);
    }
  }

  /** Ends the story. Writes to `path` (.pcap.gz) what the links said, without the commands of clients. */
  async save(path: string): Promise<void> {
    await sleep(300);
    await this.#dump?.stop();
    const { links } = await analyze(this.#raw);
    const ports = new Set(links.flatMap(({ sessions }) => sessions.map((each) => each.clientPort)));
    if (this.#sentinel !== null) for (const port of await orderPorts(this.#raw)) ports.add(port);
    const kept = join(this.folder, 'kept.pcap');
    const filter = `tcp.port in {${[...ports].join(', ')}}`;
    const run = spawnSync('tshark', ['-r', this.#raw, '-Y', filter, '-F', 'pcap', '-w', kept]);
    if (run.status !== 0) throw new Error(`tshark: ${run.stderr}`);
    writeFileSync(path, gzipSync(readFileSync(kept), { level: 9 }));
  }

  async close(): Promise<void> {
    await this.#dump?.stop();
    await this.#sentinel?.stop();
    for (const proxy of this.#proxies) proxy.stop();
    for (const server of this.#servers) {
      server.signal('SIGCONT');
      await server.stop('SIGKILL');
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Ports of the clients whose orders changed the topology. */
async function orderPorts(path: string): Promise<number[]> {
  const { changes } = await topologyOf(path);
  return changes.flatMap((change) => {
    const by = 'order' in change ? change.order?.by : undefined;
    return by === undefined ? [] : [Number(by.slice(by.lastIndexOf(':') + 1))];
  });
}

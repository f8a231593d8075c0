import { SCENARIOS } from '../embedded/scenarios/index.js';
import { play } from '../embedded/scenarios/play.js';
import type { Scenario } from '../embedded/scenarios/scenario.js';
import { PcapWriter } from '../embedded/tap/pcap-file.js';
import type { FindingDocument } from '../report/document.js';
import { analyzeBytes } from './analyze-bytes.js';
import { ack, type Call, type Network, resp, smallRdb } from './talk.js';

/** Links as tests of findings need them: granted, in their payload, online. */

export const ID = 'a'.repeat(40);
export const OTHER_ID = 'b'.repeat(40);

export const PING = '*1\r\n$4\r\nPING\r\n';

interface SyncOptions {
  replid?: string;
  granted?: number;
  /** Words behind PSYNC. */
  asked?: [string, string];
  listeningPort?: number | null;
  call?: Parameters<Network['call']>[0];
}

interface TwoConnections {
  /** Words behind the first PSYNC. */
  asked?: [string, string];
  granted?: number;
  dialect?: 'valkey' | 'redis-8';
}

const MARK = 'e'.repeat(40);

/** A replica that has been granted a full sync, and waits for its payload. */
export function granted(network: Network, options: SyncOptions = {}): Call {
  const { replid = ID, granted: offset = 0, asked = ['?', '-1'], listeningPort = 6380 } = options;
  const call = network.call(options.call).replica(resp('PING')).master('+PONG\r\n');
  if (listeningPort !== null)
    call.replica(resp('REPLCONF', 'listening-port', String(listeningPort))).master('+OK\r\n');
  call.replica(resp('REPLCONF', 'capa', 'eof', 'capa', 'psync2')).master('+OK\r\n');
  return call.replica(resp('PSYNC', ...asked)).master(`+FULLRESYNC ${replid} ${offset}\r\n`);
}

/** A replica that has its payload and has not said so yet. */
export function loading(network: Network, options: SyncOptions = {}): Call {
  const rdb = smallRdb(options.replid ?? ID, options.granted ?? 0);
  return granted(network, options).master(`$${rdb.length}\r\n`).master(rdb);
}

/** A replica that has acknowledged its payload. */
export function online(network: Network, options: SyncOptions = {}): Call {
  return loading(network, options).replica(ack(options.granted ?? 0));
}

/** A replica that comes back and is continued from `asked` on. */
export function continued(network: Network, asked: number, replid = ID): Call {
  return network
    .call()
    .replica(resp('PING'))
    .master('+PONG\r\n')
    .replica(resp('REPLCONF', 'listening-port', '6380'))
    .master('+OK\r\n')
    .replica(resp('PSYNC', replid, String(asked)))
    .master(`+CONTINUE ${replid}\r\n`);
}

/** A two-connection sync as Valkey and as Redis 8 make it, its payload begun on the second connection. */
export function twoConnections(
  network: Network,
  { asked = ['?', '-1'], granted: offset = 0, dialect = 'valkey' }: TwoConnections = {},
): { main: Call; rdb: Call } {
  const isValkey = dialect === 'valkey';
  const capability = isValkey ? 'dual-channel' : 'rdb-channel-repl';
  const main = network
    .call()
    .replica(
      resp('REPLCONF', 'listening-port', '6380'),
      resp('REPLCONF', 'capa', 'psync2', 'capa', capability),
    )
    .master('+OK\r\n', '+OK\r\n')
    .replica(resp('PSYNC', ...asked))
    .master(isValkey ? '+DUALCHANNELSYNC\r\n' : '+RDBCHANNELSYNC 7\r\n');
  const rdb = network
    .call()
    .replica(resp('REPLCONF', 'rdb-only', '1', 'rdb-channel', '1', 'listening-port', '6380'))
    .master('+OK\r\n')
    .replica(isValkey ? 'SYNC\r\n' : resp('PSYNC', '?', '-1'))
    .master(isValkey ? `$ENDOFF:${offset} ${ID} 0 7\r\n` : `+FULLRESYNC ${ID} ${offset}\r\n`);
  if (isValkey)
    main
      .replica(resp('REPLCONF', 'set-rdb-client-id', '7'))
      .master('+OK\r\n')
      .replica(resp('PSYNC', ID, String(offset + 1)))
      .master(`+CONTINUE ${ID}\r\n`);
  rdb.master(`$EOF:${MARK}\r\n`, smallRdb(ID, offset).subarray(0, 40));
  return { main, rdb };
}

/** A two-connection sync that comes up: the rest of the payload, and the first ACK. */
export function twoOnline(network: Network, options: TwoConnections = {}): Call {
  const { main, rdb } = twoConnections(network, options);
  const offset = options.granted ?? 0;
  rdb.master(smallRdb(ID, offset).subarray(40), MARK).close();
  return main.replica(ack(offset));
}

/** What is found in a scenario of the embedded pair. */
export async function findingsOf(
  scenario: Pick<Scenario, 'run' | 'faults'> | string,
): Promise<FindingDocument[]> {
  const story = typeof scenario === 'string' ? SCENARIOS.find(({ name }) => name === scenario) : scenario;
  if (story === undefined) throw new Error(`no scenario ${String(scenario)}`);
  const pieces: Uint8Array[] = [];
  const frames = new PcapWriter((bytes) => pieces.push(bytes));
  await play({ name: 'of a test', title: '', ...story }, { live: false, seed: 1, frames });
  return (await analyzeBytes(Buffer.concat(pieces))).findings;
}

import { describe, expect, it } from 'vitest';
import { topologyOf } from '../../testing/analyze-topology.js';
import { fixture } from '../../testing/fixtures.js';
import { ack, type Call, Network, resp, smallRdb } from '../../testing/talk.js';
import type { Change, Topology } from './model.js';
import { buildTopology } from './topology.js';

const A = 'a'.repeat(40);
const B = 'b'.repeat(40);
const [ONE, TWO, THREE] = ['10.0.0.1', '10.0.0.2', '10.0.0.3'] as const;

/** A connection of a replica that listens on 6379, up to the answer to its PSYNC. */
function attach(network: Network, replica: string, master: string, psync: string[], answer: string): Call {
  return network
    .call({ replicaAddress: replica, masterAddress: master })
    .replica(resp('REPLCONF', 'listening-port', '6379') + resp('REPLCONF', 'capa', 'psync2'))
    .master('+OK\r\n+OK\r\n')
    .replica(resp('PSYNC', ...psync))
    .master(answer);
}

function full(network: Network, replica: string, master: string, replid = A): Call {
  const rdb = smallRdb(replid, 0);
  return attach(network, replica, master, ['?', '-1'], `+FULLRESYNC ${replid} 0\r\n`)
    .master(`$${rdb.length}\r\n`, rdb)
    .replica(ack(0));
}

function tell(network: Network, server: string, ...words: string[]): void {
  network.call({ replicaAddress: '10.0.0.9', masterAddress: server }).replica(resp(...words));
}

const topology = (network: Network): Topology => buildTopology(network.links(), network.causes, network.time);
const promoted = ({ changes }: Topology): Change[] => changes.filter(({ kind }) => kind === 'promoted');

describe('promotions', () => {
  it('of a replica that was told, and is asked later', () => {
    const network = new Network();
    const own = full(network, TWO, ONE);
    full(network, THREE, ONE).master(resp('PING')).close('replica');
    tell(network, TWO, 'REPLICAOF', 'NO', 'ONE');
    const toldAt = network.time;
    own.close('replica');
    attach(network.wait(5000), THREE, TWO, [A, '1'], `+CONTINUE ${B}\r\n`);
    const now = topology(network);
    expect(promoted(now)).toMatchObject([
      { node: `${TWO}:6379`, at: toldAt, notBefore: null, order: { text: 'REPLICAOF NO ONE' } },
    ]);
    const sync = network.links().at(-1)!.sessions[0]!.syncs[0]!;
    expect(sync.why).toMatchObject({
      code: 'promoted',
      evidence: { order: 'REPLICAOF NO ONE', orderedBySentinel: 0, orderPacket: expect.any(Number) },
    });
  });

  it('of one that holds nothing but the beginning of a history: offset 0 is an offset', () => {
    const network = new Network();
    full(network, TWO, ONE).close('replica');
    attach(network, THREE, TWO, [A, '1'], `+CONTINUE ${B}\r\n`);
    expect(promoted(topology(network))).toMatchObject([{ succession: { kind: 'promotion', from: 0 } }]);
  });

  it('whose moment does not show, since the master had closed the link', () => {
    const network = new Network();
    const own = full(network, TWO, ONE).close('master');
    attach(network.wait(5000), THREE, TWO, [A, '1'], `+CONTINUE ${B}\r\n`);
    const [promotion] = promoted(topology(network));
    expect(promotion).toMatchObject({ notBefore: own.closedAt, at: network.time, order: null });
  });

  it('that nobody has asked yet shows by the order and by what the replica did', () => {
    const network = new Network();
    const own = full(network, TWO, ONE);
    tell(network, TWO, 'SLAVEOF', 'NO', 'ONE');
    expect(promoted(topology(network))).toEqual([]); // not obeyed yet
    own.close('replica');
    const now = topology(network);
    expect(promoted(now)).toMatchObject([{ node: `${TWO}:6379`, succession: null }]);
    expect(now.nodes.find(({ name }) => name === `${TWO}:6379`)!.master).toBeNull();
    expect(now.changes.map(({ kind }) => kind)).toEqual(['attached', 'promoted']);
  });

  it('are none where the link goes on, is closed by the master, or ends much later', () => {
    for (const end of ['never', 'master', 'later'] as const) {
      const network = new Network();
      const own = full(network, TWO, ONE);
      tell(network, TWO, 'SLAVEOF', 'NO', 'ONE');
      if (end === 'master') own.close('master');
      if (end === 'later') own.wait(5000).close('replica');
      expect(promoted(topology(network)), end).toEqual([]);
    }
  });

  it('an order of an earlier time explains nothing', () => {
    const network = new Network();
    tell(network, TWO, 'SLAVEOF', 'NO', 'ONE');
    full(network, TWO, ONE).close('replica');
    attach(network, THREE, TWO, [A, '1'], `+CONTINUE ${B}\r\n`);
    expect(promoted(topology(network))).toMatchObject([{ order: null }]);
  });

  it('by FAILOVER: the order went to the old master', async () => {
    const { changes } = await topologyOf(fixture('failover-command-redis-7.4.1.pcap').path);
    expect(changes.filter(({ kind }) => kind === 'promoted')).toMatchObject([
      { node: '127.0.0.1:19141', order: { text: 'FAILOVER', node: '127.0.0.1:19140' } },
      { node: '127.0.0.1:19140', order: { text: 'FAILOVER', node: '127.0.0.1:19141' } },
    ]);
  });

  it('settles what an own history is from (4.0): it was told NO ONE, so it came from no other master', async () => {
    const { changes } = await topologyOf(fixture('replicaof-switch-redis-4.0.14.pcap').path);
    expect(changes.at(-1)).toMatchObject({
      kind: 'attached',
      order: { text: 'SLAVEOF', target: '127.0.0.1:19330' },
      sync: { why: { code: 'promoted-meanwhile', orElse: [], evidence: { order: 'SLAVEOF NO ONE' } } },
    });
  });
});

describe('attachments', () => {
  it('that stood before the capture did not begin in it', () => {
    const network = new Network();
    network
      .call({ midstream: true })
      .master(resp('PING'))
      .replica(ack(14))
      .master(resp('PING'))
      .replica(ack(28));
    const now = topology(network);
    expect(now.changes).toMatchObject([{ kind: 'present', master: '10.0.0.1:6379' }]);
    expect(now.nodes.map(({ master }) => master)).toEqual([null, '10.0.0.1:6379']);
  });

  it('that came to nothing have the refusal', () => {
    const network = new Network();
    attach(network, TWO, ONE, ['?', '-1'], '-LOADING Redis is loading the dataset in memory\r\n').close();
    expect(topology(network).changes).toMatchObject([
      { kind: 'refused', sync: { decision: 'REFUSED', why: { code: 'loading' } } },
    ]);
  });

  it('of clients without a port are tools, each for itself, and no server that is known by its address', () => {
    const network = new Network();
    full(network, TWO, ONE);
    network.call({ replicaAddress: TWO }).replica(resp('SYNC')).master('$');
    const tools = topology(network).nodes.filter(({ tool }) => tool);
    expect(tools).toHaveLength(1);
    expect(tools[0]).toMatchObject({ master: '10.0.0.1:6379', aliases: [] });
  });

  it('by an order name it, where it points to that master', () => {
    const network = new Network();
    tell(network, TWO, 'REPLICAOF', '10.0.0.7', '6379');
    full(network, TWO, ONE);
    tell(network, THREE, 'REPLICAOF', ONE, '6379');
    full(network, THREE, ONE);
    expect(topology(network).changes).toMatchObject([{ order: null }, { order: { node: `${THREE}:6379` } }]);
  });
});

it('decisions of a master with thousands of replicas take no longer each', () => {
  const network = new Network();
  const count = 2500;
  const calls: Call[] = [];
  const address = (i: number): string => `10.1.${i >> 8}.${i & 255}`;
  for (let i = 0; i < count; i++) calls.push(full(network, address(i), ONE).master(resp('PING')));
  for (const call of calls) call.close('master');
  const started = performance.now();
  for (let i = 0; i < count; i++)
    attach(network, address(i), ONE, [A, '15'], `+FULLRESYNC ${B} 0\r\n`).close();
  // 41 s when each one looked at all of the others.
  expect(performance.now() - started).toBeLessThan(20_000);
  expect(network.links().at(-1)!.sessions.at(-1)!.syncs[0]!.why!.code).toBe('master-restarted');
});

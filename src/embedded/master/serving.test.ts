import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { RawPeer, SimulatedNodes, tell } from '../../testing/simulated-nodes.js';
import { MILLISECOND, SECOND } from '../net/clock.js';
import type { Node, NodeOptions } from '../node.js';

/** What a master says on a replica's connection, byte for byte. */

const SNAPSHOT = 60 * MILLISECOND;

interface Stage {
  readonly nodes: SimulatedNodes;
  readonly master: Node;
}

function stage(options: Partial<NodeOptions> = {}): Stage {
  const nodes = new SimulatedNodes();
  return { nodes, master: nodes.node({ snapshotTime: SNAPSHOT, ...options }) };
}

/** A connection that has announced itself. */
function attach({ nodes, master }: Stage, capabilities = 'capa eof capa psync2', port = 7000): RawPeer {
  const peer = new RawPeer(nodes, master);
  expect(peer.ask(nodes, `REPLCONF listening-port ${port}`)).toBe('+OK\r\n');
  if (capabilities !== '') expect(peer.ask(nodes, `REPLCONF ${capabilities}`)).toBe('+OK\r\n');
  return peer;
}

function request(words: string): string {
  const parts = words.split(' ');
  return `*${parts.length}\r\n${parts.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`;
}

const sha256 = (text: string): string => createHash('sha256').update(text, 'latin1').digest('hex');

describe('a payload by a file', () => {
  it('comes behind newlines with its length, and the stream right behind it', () => {
    const it = stage({ disklessSync: false, snapshotTime: 2500 * MILLISECOND });
    const { nodes, master } = it;
    const peer = attach(it);
    const line = peer.ask(nodes, 'PSYNC ? -1');
    expect(line).toBe(`+FULLRESYNC ${master.replid} 0\r\n`);
    tell(master, 'SET a 1');
    nodes.run(2400 * MILLISECOND);
    expect(peer.take()).toBe('\n\n');
    nodes.run(200 * MILLISECOND);
    const text = peer.take();
    const { payload } = master.log.sessions[0]!;
    const header = `$${payload!.bytes}\r\n`;
    expect(text.startsWith(`${header}REDIS0010`)).toBe(true);
    expect(sha256(text.slice(header.length, header.length + payload!.bytes))).toBe(payload!.sha256);
    expect(text.slice(header.length + payload!.bytes)).toBe(request('SELECT 0') + request('SET a 1'));
    expect(payload).toMatchObject({ form: 'length', offset: 0, keys: 0 });
  });

  it('is shared by a replica that comes while it is written: same offset, same bytes, same stream', () => {
    const it = stage({ disklessSync: false, snapshotTime: SECOND });
    const { nodes, master } = it;
    const first = attach(it);
    first.send('PSYNC ? -1');
    nodes.run(300 * MILLISECOND);
    tell(master, 'SET a 1');
    nodes.run(300 * MILLISECOND);
    const second = attach(it, 'capa eof capa psync2', 7001);
    expect(second.ask(nodes, 'PSYNC ? -1')).toBe(`+FULLRESYNC ${master.replid} 0\r\n`);
    tell(master, 'SET b 2');
    nodes.seconds(1);
    const bytes = first.take();
    const other = second.take();
    expect(bytes.slice(bytes.indexOf('$'))).toBe(other.slice(other.indexOf('$')));
    expect(other).toContain('SET\r\n$1\r\nb');
    expect(master.log.sessions.map(({ payload }) => payload!.sha256)).toEqual([
      master.log.sessions[0]!.payload!.sha256,
      master.log.sessions[0]!.payload!.sha256,
    ]);
  });

  it('is not shared by a replica with fewer capabilities: it gets newlines, and a snapshot of its own', () => {
    const it = stage({ disklessSync: false, snapshotTime: 1500 * MILLISECOND });
    const { nodes, master } = it;
    attach(it).send('PSYNC ? -1');
    nodes.run(100 * MILLISECOND);
    const second = attach(it, '', 7001);
    second.send('PSYNC ? -1');
    tell(master, 'SET a 1');
    nodes.run(1300 * MILLISECOND);
    expect(second.take()).toBe('\n');
    nodes.run(200 * MILLISECOND);
    expect(second.take()).toBe(`+FULLRESYNC ${master.replid} ${master.offset}\r\n`);
    expect(master.offset).toBeGreaterThan(0);
  });

  it('is what SYNC gets, without a line before it and without an ACK to wait for', () => {
    const it = stage();
    const { nodes, master } = it;
    const peer = new RawPeer(nodes, master);
    peer.channel.write(Buffer.from('SYNC\r\n'));
    nodes.run(100 * MILLISECOND);
    expect(peer.take()).toMatch(/^\$\d+\r\nREDIS0010/);
    tell(master, 'SET a 1');
    nodes.seconds(100);
    expect(peer.take()).toContain(request('SET a 1'));
    expect(peer.closedBy).toBeNull();
  });
});

describe('a payload straight to the socket', () => {
  it('ends with its mark, and the stream waits for the first ACK', () => {
    const it = stage();
    const { nodes, master } = it;
    const peer = attach(it);
    expect(peer.ask(nodes, 'PSYNC ? -1')).toBe(`+FULLRESYNC ${master.replid} 0\r\n`);
    nodes.run(100 * MILLISECOND);
    const match = /^\$EOF:([0-9a-f]{40})\r\n(REDIS0010.*)\1$/s.exec(peer.take());
    expect(sha256(match![2]!)).toBe(master.log.sessions[0]!.payload!.sha256);
    tell(master, 'SET a 1');
    nodes.seconds(2);
    expect(peer.take()).toBe('');
    expect(peer.ask(nodes, 'REPLCONF ACK 0')).toBe(request('SELECT 0') + request('SET a 1'));
    tell(master, 'SET b 2');
    nodes.run(MILLISECOND);
    expect(peer.take()).toBe(request('SET b 2'));
    expect(master.log.sessions[0]).toMatchObject({ startOffset: 0, endOffset: master.offset, acks: 1 });
  });

  it('makes every replica get a SELECT before the next command', () => {
    const it = stage();
    const { nodes, master } = it;
    const first = attach(it);
    first.send('PSYNC ? -1');
    nodes.run(100 * MILLISECOND);
    first.ask(nodes, 'REPLCONF ACK 0');
    tell(master, 'SET a 1', 3);
    attach(it, 'capa eof capa psync2', 7001).send('PSYNC ? -1');
    nodes.run(MILLISECOND);
    expect(first.take()).toBe(request('SELECT 3') + request('SET a 1'));
    tell(master, 'SET b 2', 3);
    nodes.run(MILLISECOND);
    expect(first.take()).toBe(request('SELECT 3') + request('SET b 2'));
  });

  it('needs the capability: without it the payload comes by a file', () => {
    const it = stage();
    const peer = attach(it, 'capa psync2');
    peer.send('PSYNC ? -1');
    it.nodes.run(100 * MILLISECOND);
    expect(peer.take()).toMatch(/\r\n\$\d+\r\nREDIS/);
  });

  it('waits for others to share it, and those that come later wait for the next', () => {
    const it = stage({ disklessDelay: 2900 * MILLISECOND, snapshotTime: 500 * MILLISECOND });
    const { nodes, master } = it;
    const peers = [0, 1].map((index) => {
      const peer = attach(it, 'capa eof capa psync2', 7000 + index);
      peer.send('PSYNC ? -1');
      nodes.seconds(1);
      return peer;
    });
    nodes.run(1100 * MILLISECOND);
    const late = attach(it, 'capa eof capa psync2', 7002);
    late.send('PSYNC ? -1');
    tell(master, 'SET a 1');
    nodes.run(700 * MILLISECOND);
    const [first, second] = peers.map((peer) => peer.take());
    expect(first).toBe(`\n${second}`);
    expect(second).toMatch(/^\n+\+FULLRESYNC [0-9a-f]{40} 0\r\n\$EOF:/);
    nodes.seconds(4);
    // Its mark is the same: no id was drawn since.
    const mark = /EOF:(\w+)/.exec(second!)![1]!;
    expect(late.take()).toMatch(new RegExp(`^\n+\\+FULLRESYNC \\w{40} ${master.offset}\r\n\\$EOF:${mark}`));
    const payloads = master.log.sessions.map(({ payload }) => payload!);
    expect(payloads.map(({ keys }) => keys)).toEqual([0, 0, 1]);
  });

  it('is as fast as the slowest reads, and one that reads nothing is closed', () => {
    const nodes = new SimulatedNodes(1, { receiveWindow: 16_384 });
    const master = nodes.node({ disklessDelay: 2 * SECOND, timeout: 20 * SECOND });
    // Enough to fill every window.
    for (let i = 0; i < 100; i++) tell(master, `SET k${i} ${i}${noise(30_000, i)}`);
    const it = { nodes, master };
    const quick = attach(it);
    const stuck = attach(it, 'capa eof capa psync2', 7001);
    quick.send('PSYNC ? -1');
    stuck.send('PSYNC ? -1');
    stuck.channel.pause();
    nodes.seconds(10);
    const { payload } = master.log.sessions[0]!;
    expect(payload!.endedAt).toBeNull();
    expect(quick.text.length).toBeLessThan(payload!.bytes);
    nodes.seconds(20);
    expect(master.log.sessions[1]!.closed).toMatchObject({ cause: 'payload-timeout', how: 'rst' });
    expect(payload!.endedAt).not.toBeNull();
    expect(quick.text.length).toBeGreaterThan(payload!.bytes);
  });

  it('is not made any further when the last replica has gone', () => {
    const it = stage({ snapshotTime: SECOND });
    const peer = attach(it);
    peer.send('PSYNC ? -1');
    it.nodes.run(500 * MILLISECOND);
    peer.channel.reset();
    it.nodes.seconds(2);
    const { facts, sessions } = it.master.log;
    expect(facts.map((fact) => (fact.kind === 'log' ? fact.text : ''))).toContain(
      'Diskless rdb transfer, last replica dropped, killing fork child.',
    );
    expect(sessions[0]).toMatchObject({ payload: null, closed: { by: 'replica', how: 'rst' } });
  });

  it('keeps to a rate', () => {
    const it = stage({ payloadRate: 100_000 });
    for (let i = 0; i < 20; i++) tell(it.master, `SET k${i} ${noise(10_000, i)}`);
    const peer = attach(it);
    peer.send('PSYNC ? -1');
    it.nodes.seconds(10);
    const { bytes, startedAt, endedAt } = it.master.log.sessions[0]!.payload!;
    const rate = (bytes * SECOND) / (endedAt! - startedAt);
    expect(rate).toBeGreaterThan(95_000);
    expect(rate).toBeLessThan(105_000);
  });
});

describe('clients that want the payload only', () => {
  it('are closed behind it', () => {
    const it = stage();
    tell(it.master, 'SET a 1');
    const peer = attach(it, 'rdb-only 1 capa eof');
    peer.send('PSYNC ? -1');
    it.nodes.run(200 * MILLISECOND);
    const { payload, closed, startOffset } = it.master.log.sessions[0]!;
    expect(peer.text).toMatch(/\$EOF:([0-9a-f]{40})\r\n.*\1$/s);
    expect([payload!.keys, startOffset]).toEqual([1, null]);
    expect(closed).toMatchObject({ by: 'master', how: 'fin', cause: 'payload-sent' });
    expect(peer.closedBy).toBe('fin');
  });

  it('get an empty one for functions alone, and need the mark for it', () => {
    const it = stage({ disklessSync: false });
    tell(it.master, 'SET a 1');
    const refused = attach(it, 'rdb-only 1 rdb-filter-only functions');
    expect(refused.ask(it.nodes, 'PSYNC ? -1')).toBe('-ERR Filtered replica requires EOF capability\r\n');
    const peer = attach(it, 'capa eof rdb-only 1 rdb-filter-only functions');
    peer.send('PSYNC ? -1');
    it.nodes.run(200 * MILLISECOND);
    expect(it.master.log.sessions[1]!.payload).toMatchObject({ form: 'mark', keys: 0 });
  });
});

describe('two connections for one synchronization', () => {
  it("Valkey's: the offset on the second one, the stream on the first while the payload passes", () => {
    const backlogSize = 300;
    const it = stage({ style: 'valkey-8.0', twoConnections: true, payloadRate: 1_000_000, backlogSize });
    const { nodes, master } = it;
    for (let i = 0; i < 50; i++) tell(master, `SET k${i} ${noise(20_000, i)}`, 2);
    const main = attach(it, 'capa eof capa psync2 capa dual-channel');
    expect(main.ask(nodes, 'REPLCONF version 8.0.1')).toBe('+OK\r\n');
    expect(main.ask(nodes, 'PSYNC ? -1')).toBe('+DUALCHANNELSYNC\r\n');
    const rdb = attach(it, 'capa eof rdb-only 1 rdb-channel 1');
    rdb.channel.write(Buffer.from('SYNC\r\n'));
    nodes.run(5 * MILLISECOND);
    const [, offset, replid, , id] = /^\$ENDOFF:(\d+) (\w{40}) (\d+) (\d+)\r\n$/.exec(rdb.take())!;
    expect([Number(offset), replid]).toEqual([master.offset, master.replid]);
    expect(main.ask(nodes, 'REPLCONF set-rdb-client-id 999')).toBe('-ERR Unrecognized RDB client id 999\r\n');
    expect(main.ask(nodes, `REPLCONF set-rdb-client-id ${id}`)).toBe('+OK\r\n');
    // The backlog is kept for the main channel, whatever its size.
    tell(master, `SET long ${'x'.repeat(1000)}`);
    expect(master.server.master.stream.backlog!.length).toBeGreaterThan(1000);
    const resumed = main.ask(nodes, `PSYNC ${replid} ${Number(offset) + 1}`);
    expect(resumed.startsWith(`+CONTINUE ${replid}\r\n${request('SELECT 0')}`)).toBe(true);
    expect(resumed.endsWith('xxx\r\n')).toBe(true);
    expect(master.server.master.stream.backlog!.length).toBe(backlogSize);
    nodes.run(300 * MILLISECOND);
    tell(master, 'SET new 1');
    nodes.run(MILLISECOND);
    expect(master.log.sessions[1]!.payload!.endedAt).toBeNull();
    expect(main.take()).toBe(request('SET new 1'));
    nodes.seconds(3);
    expect(rdb.take()).toMatch(/^\$EOF:([0-9a-f]{40})\r\nREDIS.*\1$/s);
    main.send(`REPLCONF ACK ${master.offset}`);
    nodes.seconds(1);
    expect(master.log.sessions).toMatchObject([
      { channels: 'main', lastAck: master.offset, closed: null },
      { channels: 'rdb', startOffset: null, closed: { cause: 'payload-sent' } },
    ]);
    expect(master.log.sessions[0]!.decisions.map(({ kind }) => kind)).toEqual(['second-channel', 'continue']);
  });

  it("Redis 8's: the first one gets the stream without another line", () => {
    const it = stage({ style: 'redis-8.0', twoConnections: true });
    const { nodes, master } = it;
    const main = attach(it, 'capa eof capa psync2 capa rdb-channel-repl');
    const [, id] = /^\+RDBCHANNELSYNC (\d+)\r\n$/.exec(main.ask(nodes, 'PSYNC ? -1'))!;
    const rdb = attach(it, `capa eof rdb-only 1 rdb-channel 1 main-ch-client-id ${id}`);
    expect(rdb.ask(nodes, 'PSYNC ? -1')).toBe(`+FULLRESYNC ${master.replid} 0\r\n`);
    tell(master, 'SET new 1');
    nodes.run(MILLISECOND);
    expect(main.take()).toBe(request('SELECT 0') + request('SET new 1'));
    nodes.run(200 * MILLISECOND);
    expect(rdb.take()).toMatch(/^\$EOF:([0-9a-f]{40})\r\nREDIS.*\1$/s);
    expect(master.log.sessions.map(({ channels }) => channels)).toEqual(['main', 'rdb']);
    expect(master.log.sessions[0]!.startOffset).toBe(0);
  });

  it('are closed together when one breaks before the payload is over', () => {
    const it = stage({ style: 'redis-8.0', twoConnections: true, payloadRate: 100_000 });
    const { nodes, master } = it;
    for (let i = 0; i < 50; i++) tell(master, `SET k${i} ${noise(20_000, i)}`);
    const main = attach(it, 'capa eof capa psync2 capa rdb-channel-repl');
    const [, id] = /(\d+)/.exec(main.ask(nodes, 'PSYNC ? -1'))!;
    const rdb = attach(it, `capa eof rdb-only 1 rdb-channel 1 main-ch-client-id ${id}`);
    rdb.send('PSYNC ? -1');
    nodes.seconds(1);
    rdb.channel.reset();
    nodes.seconds(1);
    expect(master.log.sessions.map(({ closed }) => closed?.cause)).toEqual([
      'other-channel-lost',
      'peer-closed',
    ]);
    expect(main.closedBy).not.toBeNull();
  });
});

describe('requests that are refused', () => {
  it.each([
    ['PSYNC ? one', '-ERR value is not an integer or out of range\r\n'],
    ['PSYNC ? -1 FAILOVER', "-ERR PSYNC FAILOVER can't be sent to a master.\r\n"],
    ['REPLCONF listening-port', '-ERR syntax error\r\n'],
    ['REPLCONF nonsense 1', '-ERR Unrecognized REPLCONF option: nonsense\r\n'],
    ['REPLCONF version 8.0.1', '-ERR Unrecognized REPLCONF option: version\r\n'],
  ])('%s', (words, reply) => {
    const { nodes, master } = stage();
    expect(new RawPeer(nodes, master).ask(nodes, words)).toBe(reply);
  });

  it('a synchronization behind another command in one piece', () => {
    const { nodes, master } = stage();
    const reply = new RawPeer(nodes, master).ask(nodes, 'PING', 'PSYNC ? -1');
    expect(reply).toBe('+PONG\r\n-ERR SYNC and PSYNC are invalid with pending output\r\n');
    expect(master.log.sessions[0]!.decisions).toMatchObject([{ kind: 'refused' }]);
  });

  it('ACKs of somebody who is no replica are not answered', () => {
    const { nodes, master } = stage();
    expect(new RawPeer(nodes, master).ask(nodes, 'REPLCONF ACK 5', 'PING')).toBe('+PONG\r\n');
  });
});

it('GETACK is sent once, however many wait', () => {
  const it = stage();
  const { nodes, master } = it;
  const peer = attach(it);
  peer.send('PSYNC ? -1');
  nodes.run(200 * MILLISECOND);
  peer.ask(nodes, 'REPLCONF ACK 0');
  const clients = [0, 1].map(() => new RawPeer(nodes, master, '10.0.1.2'));
  for (const client of clients) client.send('SET k v', 'WAIT 1 0');
  nodes.run(5 * MILLISECOND);
  const text = peer.take();
  expect(text.match(/GETACK/g)).toHaveLength(1);
  // An ACK of the first write alone answers one of them.
  peer.send(`REPLCONF ACK ${request('SELECT 0').length + request('SET k v').length}`);
  nodes.run(5 * MILLISECOND);
  expect(clients.map((client) => client.take())).toEqual(['+OK\r\n:1\r\n', '+OK\r\n']);
  peer.send(`REPLCONF ACK ${master.offset}`);
  nodes.run(5 * MILLISECOND);
  expect(clients[1]!.take()).toBe(':1\r\n');
});

/** Text that does not compress. */
function noise(length: number, seed: number): string {
  let state = seed * 7919 + 1;
  return Array.from({ length }, () => {
    state = (state * 48_271) % 2_147_483_647;
    return String.fromCharCode(97 + (state % 26));
  }).join('');
}

import { describe, expect, it } from 'vitest';
import { info, SimulatedNodes, tell, throwIf } from '../testing/simulated-nodes.js';
import { MILLISECOND, SECOND } from './net/clock.js';
import type { Node } from './node.js';

/** Nodes together, over the simulated network: what one says of itself must be what the other says. */

function expectSame(one: Node, other: Node): void {
  expect(other.offset).toBe(one.offset);
  expect(other.replid).toBe(one.replid);
  expect(other.digest).toBe(one.digest);
}

const write = (node: Node, count: number, from = 0): void => {
  for (let i = from; i < from + count; i++) tell(node, `SET key:${i} ${'v'.repeat(20)}`);
};

describe('a master and a replica', () => {
  it.each([
    ['disk', false],
    ['diskless', true],
  ])('have the same data and offset after a full synchronization: %s', (_name, disklessSync) => {
    const nodes = new SimulatedNodes();
    const master = nodes.node({ disklessSync });
    write(master, 100);
    const replica = nodes.node({ replicaOf: master.endpoint });
    // Writes before, at and after the fork.
    for (let i = 0; i < 40; i++) {
      write(master, 3, 100 + i * 3);
      tell(master, `RPUSH list ${i}`, i % 3);
      nodes.run(5 * MILLISECOND);
    }
    nodes.seconds(2);
    expectSame(master, replica);
    expect(info(replica)).toMatchObject({ role: 'slave', master_link_status: 'up' });
    expect(info(master)).toMatchObject({ connected_slaves: '1', master_repl_offset: `${master.offset}` });
    const [session] = master.log.sessions;
    expect(session).toMatchObject({
      requests: [{ command: 'PSYNC', replid: '?', offset: -1 }],
      decisions: [{ kind: 'full', reason: 'asked-for' }],
      payload: { form: disklessSync ? 'mark' : 'length', replid: master.replid },
      lastAck: master.offset,
      endOffset: master.offset,
      closed: null,
    });
    expect(session!.payload!.offset).toBe(session!.startOffset);
    expect(session!.payload!.keys).toBeGreaterThanOrEqual(100);
  });

  it('go on with what was missed when the connection breaks', () => {
    const nodes = new SimulatedNodes();
    const master = nodes.node();
    const replica = nodes.node({ replicaOf: master.endpoint });
    nodes.seconds(1);
    write(master, 10);
    nodes.seconds(1);
    nodes.network.partition('10.0.0.1', '10.0.0.2');
    tell(master, 'CLIENT KILL TYPE replica');
    const before = master.offset;
    write(master, 10, 10);
    const missed = master.offset - before;
    nodes.seconds(1);
    nodes.network.heal('10.0.0.1', '10.0.0.2');
    nodes.seconds(3);
    expectSame(master, replica);
    const [first, second] = master.log.sessions;
    expect(first!.closed).toMatchObject({ by: 'master', cause: 'killed' });
    expect(second!.decisions).toMatchObject([{ kind: 'continue', bytes: missed }]);
    expect([second!.startOffset, second!.endOffset]).toEqual([first!.endOffset, master.offset]);
    expect(second!.commands.get('SET')).toBe(10);
  });

  it('begin anew when the backlog is too short for what was missed', () => {
    const nodes = new SimulatedNodes();
    const master = nodes.node({ backlogSize: 500 });
    const replica = nodes.node({ replicaOf: master.endpoint });
    nodes.seconds(1);
    write(master, 1);
    nodes.seconds(2);
    const had = replica.offset;
    replica.stop('rst');
    write(master, 30, 1);
    replica.restart({ keepData: true, keepHistory: true }, throwIf);
    nodes.seconds(2);
    expectSame(master, replica);
    expect(master.log.sessions[1]).toMatchObject({
      requests: [{ replid: master.replid, offset: had + 1 }],
      decisions: [{ kind: 'full', reason: 'backlog-too-short' }],
    });
    expect(master.log.sessions[1]!.decisions[0]!.bytes).toBeGreaterThan(500);
  });

  it('continue after the replica was restarted with its data and their history', () => {
    const nodes = new SimulatedNodes();
    const master = nodes.node();
    const replica = nodes.node({ replicaOf: master.endpoint });
    nodes.seconds(1);
    // The database selected in the stream is kept as well.
    tell(master, 'SET a 1', 5);
    nodes.seconds(1);
    replica.stop('fin');
    tell(master, 'SET b 2', 5);
    replica.restart({ keepData: true, keepHistory: true }, throwIf);
    nodes.seconds(2);
    expectSame(master, replica);
    expect(tell(replica, 'GET b', 5)).toBe('2');
    expect(master.log.sessions[1]!.decisions).toMatchObject([{ kind: 'continue' }]);
  });

  it.each([
    ['redis-7.0', 'continue', null],
    ['redis-6.2', 'full', 'unknown-id'],
  ] as const)('after the master was restarted from its file: %s', (style, kind, reason) => {
    const nodes = new SimulatedNodes();
    const master = nodes.node({ style });
    const replica = nodes.node({ style, replicaOf: master.endpoint });
    nodes.seconds(1);
    write(master, 5);
    nodes.seconds(1);
    const { replid, offset } = master;
    master.stop('fin');
    master.restart({ keepData: true, keepHistory: true }, throwIf);
    nodes.seconds(3);
    expect(master.replid).not.toBe(replid);
    expect(master.log.sessions.at(-1)).toMatchObject({
      requests: [{ replid, offset: offset + 1 }],
      decisions: [{ kind, reason }],
    });
    expectSame(master, replica);
    expect(tell(replica, 'DBSIZE')).toBe(5);
  });

  it('expires keys on the master alone, and tells the replica', () => {
    const nodes = new SimulatedNodes();
    const master = nodes.node();
    const replica = nodes.node({ replicaOf: master.endpoint });
    nodes.seconds(1);
    tell(master, 'SET short lived PX 3000');
    nodes.seconds(2);
    expect(tell(replica, 'EXISTS short')).toBe(1);
    nodes.seconds(2);
    expectSame(master, replica);
    expect([tell(master, 'DBSIZE'), tell(replica, 'DBSIZE')]).toEqual([0, 0]);
    expect(master.log.sessions[0]!.commands.get('DEL')).toBe(1);
  });
});

describe('roles', () => {
  it('change: the promoted node keeps the history under a second id, and others go on from there', () => {
    const nodes = new SimulatedNodes();
    const old = nodes.node();
    const heir = nodes.node({ replicaOf: old.endpoint });
    const third = nodes.node({ replicaOf: old.endpoint });
    nodes.seconds(1);
    write(old, 10);
    nodes.seconds(2);
    const { replid, offset } = old;
    heir.replicaOfNoOne();
    tell(heir, 'SET new epoch');
    expect(info(heir)).toMatchObject({
      role: 'master',
      master_replid2: replid,
      second_repl_offset: `${offset + 1}`,
    });
    expect(heir.replid).not.toBe(replid);
    third.replicaOf(heir.endpoint);
    nodes.seconds(2);
    expectSame(heir, third);
    expect(heir.log.sessions.at(-1)!.decisions).toMatchObject([{ kind: 'continue' }]);
    // The old master wrote on, which nobody has.
    write(old, 3, 100);
    old.replicaOf(heir.endpoint);
    nodes.seconds(2);
    expect(heir.log.sessions.at(-1)!.decisions).toMatchObject([{ kind: 'full', reason: 'past-second-id' }]);
    expectSame(heir, old);
  });

  it('cannot go on where a former master never heard of the history', () => {
    const nodes = new SimulatedNodes();
    const master = nodes.node();
    const other = nodes.node();
    const { replid } = other;
    write(master, 3);
    other.replicaOf(master.endpoint);
    nodes.seconds(1);
    expect(master.log.sessions[0]).toMatchObject({
      requests: [{ replid, offset: 1 }],
      decisions: [{ kind: 'full', reason: 'unknown-id' }],
    });
    expectSame(master, other);
  });

  it('of a chain: the stream passes unchanged, and a new id goes down', () => {
    const nodes = new SimulatedNodes();
    const top = nodes.node();
    const middle = nodes.node({ replicaOf: top.endpoint });
    nodes.seconds(1);
    tell(top, 'SET before sync', 4);
    nodes.seconds(1);
    const last = nodes.node({ replicaOf: middle.endpoint });
    nodes.seconds(1);
    // No SELECT can come in between: the database was told by the payload.
    tell(top, 'SET in four', 4);
    write(top, 5);
    nodes.seconds(12);
    expectSame(top, middle);
    expectSame(top, last);
    expect(tell(last, 'GET in', 4)).toBe('four');
    expect(Object.fromEntries(middle.log.sessions[0]!.commands)).toEqual({ SET: 6, SELECT: 1, PING: 1 });
    middle.replicaOfNoOne();
    tell(middle, 'SET now mine');
    nodes.seconds(2);
    expect(middle.log.sessions.map(({ closed }) => closed?.cause)).toEqual(['history-changed', undefined]);
    expect(middle.log.sessions[1]!.decisions).toMatchObject([{ kind: 'continue' }]);
    expectSame(middle, last);
  });

  it.each([
    ['redis-6.2', 0],
    ['redis-7.0', 1],
  ] as const)('of a chain whose middle gets another master: its replicas go with %s', (style, later) => {
    const nodes = new SimulatedNodes();
    const top = nodes.node({ style });
    const middle = nodes.node({ style, replicaOf: top.endpoint });
    const heir = nodes.node({ style, replicaOf: top.endpoint });
    nodes.seconds(2);
    const last = nodes.node({ style, replicaOf: middle.endpoint });
    write(top, 3);
    nodes.seconds(2);
    heir.replicaOfNoOne();
    tell(heir, 'SET new epoch');
    middle.replicaOf(heir.endpoint);
    // From 7.0 on only once the new id has come: then they have to learn of it.
    expect(middle.server.master.sessions.size).toBe(later);
    nodes.seconds(3);
    expect(middle.log.sessions.map(({ closed }) => closed?.cause)).toEqual(['history-changed', undefined]);
    expect(middle.log.sessions[1]!.decisions).toMatchObject([{ kind: 'continue' }]);
    expectSame(heir, last);
  });

  it('of a chain before 4.0: each master has a history and offsets of its own', () => {
    const nodes = new SimulatedNodes();
    const top = nodes.node({ style: 'redis-3.2' });
    write(top, 5);
    const middle = nodes.node({ style: 'redis-3.2', replicaOf: top.endpoint });
    nodes.seconds(3);
    const last = nodes.node({ style: 'redis-3.2', replicaOf: middle.endpoint });
    nodes.seconds(3);
    write(top, 5, 5);
    tell(top, 'SET other db', 3);
    nodes.seconds(15);
    expect(middle.replid).not.toBe(top.replid);
    expect(new Set([top, middle, last].map((node) => node.digest)).size).toBe(1);
    expect(tell(last, 'DBSIZE')).toBe(10);
    expect(top.log.sessions[0]).toMatchObject({ lastAck: top.offset, endOffset: top.offset });
    expect(middle.log.sessions[0]).toMatchObject({ lastAck: middle.offset, endOffset: middle.offset });
    // A replica of its own after all: a partial synchronization goes by the run id.
    tell(middle, 'CLIENT KILL TYPE slave');
    nodes.seconds(3);
    expect(middle.log.sessions[1]!.decisions).toMatchObject([{ kind: 'continue' }]);
  });

  it('of a chain whose middle has no link: it serves nobody', () => {
    const nodes = new SimulatedNodes();
    const top = nodes.node();
    const middle = nodes.node({ replicaOf: top.endpoint });
    nodes.seconds(1);
    top.stop('rst');
    nodes.seconds(1);
    const last = nodes.node({ replicaOf: middle.endpoint });
    nodes.seconds(1);
    const [session] = middle.log.sessions;
    expect(session!.decisions[0]).toMatchObject({
      kind: 'refused',
      error: "NOMASTERLINK Can't SYNC while not connected with my master",
    });
    expect(info(last).master_link_status).toBe('down');
  });

  it('swap by FAILOVER without a byte lost, while writes wait', () => {
    const nodes = new SimulatedNodes();
    const old = nodes.node();
    const heir = nodes.node({ replicaOf: old.endpoint });
    nodes.seconds(1);
    write(old, 10);
    old.failoverTo(heir.endpoint);
    const late: unknown[] = [];
    expect(old.call(['SET', 'while', 'failing'], 0, (reply) => late.push(reply))).toBeNull();
    expect(info(old).master_failover_state).toBe('waiting-for-sync');
    nodes.seconds(3);
    expect(late).toMatchObject([{ kind: 'error', text: expect.stringMatching(/^READONLY/) }]);
    expect([info(old).role, info(heir).role]).toEqual(['slave', 'master']);
    expect(info(old).master_failover_state).toBe('no-failover');
    tell(heir, 'SET after swap');
    nodes.seconds(2);
    expectSame(heir, old);
    expect(tell(old, 'DBSIZE')).toBe(11);
    expect(heir.log.sessions[0]!.decisions).toMatchObject([{ kind: 'continue', bytes: 0 }]);
  });

  it('stay as they are when the failover is given up in time', () => {
    const nodes = new SimulatedNodes();
    const old = nodes.node();
    const heir = nodes.node({ replicaOf: old.endpoint });
    nodes.seconds(2);
    heir.freeze();
    write(old, 1);
    expect(tell(old, 'FAILOVER TIMEOUT 2000')).toBe('OK');
    const late: unknown[] = [];
    old.call(['SET', 'a', 'b'], 0, (reply) => late.push(reply));
    nodes.seconds(3);
    expect(late).toEqual([{ kind: 'simple', text: 'OK' }]);
    expect(info(old)).toMatchObject({ role: 'master', master_failover_state: 'no-failover' });
  });
});

describe('limits', () => {
  it('PING comes with every period, and what goes in between does not matter in 7.0', () => {
    const nodes = new SimulatedNodes();
    const master = nodes.node();
    nodes.node({ replicaOf: master.endpoint });
    for (let second = 0; second < 61; second++) {
      nodes.seconds(1);
      tell(master, `SET s ${second}`);
    }
    expect(master.log.sessions[0]!.commands.get('PING')).toBe(6);
  });

  it('PING comes in 8.0 only when nothing else did', () => {
    const nodes = new SimulatedNodes();
    const master = nodes.node({ style: 'redis-8.0' });
    nodes.node({ replicaOf: master.endpoint, style: 'redis-8.0' });
    for (let second = 0; second < 30; second++) {
      nodes.seconds(1);
      tell(master, `SET s ${second}`);
    }
    expect(master.log.sessions[0]!.commands.get('PING')).toBeUndefined();
    nodes.seconds(35);
    expect(master.log.sessions[0]!.commands.get('PING')).toBe(2);
  });

  it('a replica that is silent for repl-timeout is closed, and comes back', () => {
    const nodes = new SimulatedNodes();
    const master = nodes.node({ timeout: 20 * SECOND });
    const replica = nodes.node({ replicaOf: master.endpoint, timeout: 20 * SECOND });
    nodes.seconds(3);
    replica.freeze();
    write(master, 3);
    const frozenAt = nodes.clock.now();
    nodes.seconds(30);
    const [session] = master.log.sessions;
    expect(session!.closed).toMatchObject({ by: 'master', cause: 'ack-timeout' });
    const silent = (session!.closed!.at - frozenAt) / SECOND;
    expect(silent).toBeGreaterThan(18);
    expect(silent).toBeLessThan(22);
    replica.thaw();
    nodes.seconds(3);
    expectSame(master, replica);
    expect(master.log.sessions[1]!.decisions).toMatchObject([{ kind: 'continue' }]);
  });

  it('a replica whose output buffer grows over the limit is closed', () => {
    const nodes = new SimulatedNodes(1, { receiveWindow: 4096 });
    const outputLimit = { hard: 100_000, soft: 0, softTime: 0 };
    const master = nodes.node({ outputLimit, backlogSize: 20_000 });
    const replica = nodes.node({ replicaOf: master.endpoint });
    nodes.seconds(2);
    replica.freeze();
    for (let i = 0; i < 40; i++) {
      tell(master, `SET big:${i} ${'x'.repeat(5000)}`);
      nodes.run(MILLISECOND);
    }
    const [session] = master.log.sessions;
    expect(session!.closed).toMatchObject({ by: 'master', how: 'rst', cause: 'output-buffer' });
    replica.thaw();
    nodes.seconds(3);
    expect(master.log.sessions[1]!.decisions).toMatchObject([{ kind: 'full', reason: 'backlog-too-short' }]);
    expectSame(master, replica);
  });

  it('a soft limit holds for its time', () => {
    const nodes = new SimulatedNodes(1, { receiveWindow: 4096 });
    const outputLimit = { hard: 0, soft: 50_000, softTime: 5 * SECOND };
    const master = nodes.node({ outputLimit });
    const replica = nodes.node({ replicaOf: master.endpoint });
    nodes.seconds(2);
    replica.freeze();
    for (let i = 0; i < 20; i++) tell(master, `SET big:${i} ${'x'.repeat(5000)}`);
    nodes.seconds(4);
    expect(master.log.sessions[0]!.closed).toBeNull();
    nodes.seconds(4);
    expect(master.log.sessions[0]!.closed).toMatchObject({ cause: 'output-buffer' });
  });

  it('a backlog without replicas goes after its time, and the replication id with it', () => {
    const nodes = new SimulatedNodes();
    const master = nodes.node({ backlogTtl: 30 * SECOND });
    const replica = nodes.node({ replicaOf: master.endpoint });
    nodes.seconds(2);
    const { replid } = master;
    replica.stop('fin');
    nodes.seconds(20);
    expect([master.replid, info(master).repl_backlog_active]).toEqual([replid, '1']);
    nodes.seconds(12);
    expect(master.replid).not.toBe(replid);
    expect(info(master).repl_backlog_active).toBe('0');
    const { offset } = master;
    write(master, 3);
    expect(master.offset).toBe(offset);
  });
});

describe('WAIT', () => {
  it('asks for ACKs and answers when enough have come', () => {
    const nodes = new SimulatedNodes();
    const master = nodes.node();
    nodes.node({ replicaOf: master.endpoint });
    nodes.node({ replicaOf: master.endpoint });
    nodes.seconds(2);
    nodes.run(200 * MILLISECOND);
    const waited: unknown[] = [];
    const start = nodes.clock.now();
    let end = 0;
    // MULTI's own WAIT does not block; a plain one on a client that wrote does.
    const client = master.server.inner({
      reply: (reply) => {
        waited.push(reply);
        end = nodes.clock.now();
      },
      flush: () => {},
      close: () => {},
      closeAfterReplies: () => {},
    });
    client.run(['SET', 'k', 'v'].map((word) => Buffer.from(word)));
    client.run(['WAIT', '2', '5000'].map((word) => Buffer.from(word)));
    expect(waited).toHaveLength(1);
    nodes.seconds(1);
    expect(waited[1]).toEqual({ kind: 'integer', value: 2 });
    expect(end - start).toBeLessThan(10 * MILLISECOND);
    expect(master.log.sessions.map(({ commands }) => commands.get('REPLCONF'))).toEqual([1, 1]);
  });

  it('answers with what there is when its time is over', () => {
    const nodes = new SimulatedNodes();
    const master = nodes.node();
    const replica = nodes.node({ replicaOf: master.endpoint });
    nodes.seconds(2);
    replica.freeze();
    const late: unknown[] = [];
    expect(master.call(['WAIT', '2', '700'], 0, (reply) => late.push(reply))).toBeNull();
    nodes.run(699 * MILLISECOND);
    expect(late).toEqual([]);
    nodes.run(2 * MILLISECOND);
    // It had written nothing: the frozen replica has acknowledged that much.
    expect(late).toEqual([{ kind: 'integer', value: 1 }]);
  });
});

describe('a frozen node', () => {
  it('reads nothing, runs no timer, and catches up', () => {
    const nodes = new SimulatedNodes();
    const master = nodes.node();
    const replica = nodes.node({ replicaOf: master.endpoint });
    nodes.seconds(2);
    replica.freeze();
    const { acks } = master.log.sessions[0]!;
    const { offset } = replica;
    write(master, 20);
    nodes.seconds(15);
    expect([master.log.sessions[0]!.acks, replica.offset]).toEqual([acks, offset]);
    replica.thaw();
    nodes.seconds(1);
    expectSame(master, replica);
    expect(master.log.sessions).toHaveLength(1);
  });

  it('as a master keeps its replicas, until they lose patience', () => {
    const nodes = new SimulatedNodes();
    const master = nodes.node();
    const replica = nodes.node({ replicaOf: master.endpoint, timeout: 10 * SECOND });
    nodes.seconds(2);
    master.freeze();
    expect(() => tell(master, 'PING')).toThrow('frozen');
    nodes.seconds(8);
    expect(info(replica).master_link_status).toBe('up');
    nodes.seconds(5);
    expect(info(replica).master_link_status).toBe('down');
    master.thaw();
    nodes.seconds(12);
    expect(info(replica).master_link_status).toBe('up');
    expectSame(master, replica);
  });
});

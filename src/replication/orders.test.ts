import { describe, expect, it } from 'vitest';
import { type Call, Network, resp } from '../testing/talk.js';

/** Orders as clients give them on 10.0.0.1:6379, from 10.0.0.9. */
function told(say: (client: Call) => void, options: { midstream?: boolean } = {}) {
  const network = new Network();
  say(network.call({ replicaAddress: '10.0.0.9', replicaPort: 5000, ...options }));
  expect(network.links()).toEqual([]);
  return network.orders;
}

const NO_ONE = {
  ...{ kind: 'no-one', text: 'SLAVEOF NO ONE', node: '10.0.0.1:6379', by: '10.0.0.9:5000' },
  ...{ sentinel: false, target: null },
};

describe('orders', () => {
  it.each([
    [['SLAVEOF', 'NO', 'ONE'], NO_ONE],
    [['replicaof', 'no', 'one'], { kind: 'no-one', text: 'REPLICAOF NO ONE' }],
    [['REPLICAOF', '10.0.0.3', '6380'], { kind: 'replicaof', text: 'REPLICAOF', target: '10.0.0.3:6380' }],
    [['REPLICAOF', 'fd00::3', '6380'], { target: '[fd00::3]:6380' }],
    [['FAILOVER'], { kind: 'failover', text: 'FAILOVER' }],
    [['FAILOVER', 'TO', '10.0.0.3', '6380', 'FORCE', 'TIMEOUT', '100'], { kind: 'failover' }],
    [['CLUSTER', 'FAILOVER'], { kind: 'cluster-failover', text: 'CLUSTER FAILOVER' }],
    [['cluster', 'failover', 'takeover'], { text: 'CLUSTER FAILOVER TAKEOVER' }],
    [['CLUSTER', 'REPLICATE', 'a'.repeat(40)], { kind: 'cluster-replicate', target: 'a'.repeat(40) }],
  ])('%j', (words, order) => {
    expect(told((client) => client.replica(resp(...words)))).toMatchObject([order]);
  });

  it.each([
    [['REPLICAOF', 'NO']],
    [['REPLICAOF', 'host', 'port']],
    [['REPLICAOF', 'host', '70000']],
    [['REPLICAOF', 'NO', 'ONE', 'MORE']],
    [['FAILOVER', 'ABORT']],
    [['CLUSTER', 'NODES']],
    [['CLUSTER', 'FAILOVER', 'FORCE', 'MORE']],
    [['SET', 'REPLICAOF', 'NO', 'ONE']],
    [['PUBLISH', 'x', 'SLAVEOF NO ONE']],
    [['CLIENT', 'LIST']],
  ])('%j is none', (words) => {
    expect(told((client) => client.replica(resp(...words)))).toEqual([]);
  });

  it('inline, behind AUTH, and in the middle of a value of another command', () => {
    const value = resp('REPLICAOF', 'NO', 'ONE');
    const orders = told((client) =>
      client
        .replica(resp('AUTH', 'secret'))
        .master('+OK\r\n')
        .replica(resp('SET', 'a', value + value))
        .replica('slaveof no one\r\n'),
    );
    expect(orders).toMatchObject([NO_ONE]);
    expect(JSON.stringify(orders)).not.toContain('secret');
  });

  it('within a transaction of a Sentinel that named itself', () => {
    const orders = told((client) =>
      client
        .replica(resp('CLIENT', 'SETNAME', 'sentinel-1a2b3c4d-cmd'))
        .master('+OK\r\n')
        .replica(
          [
            ['MULTI'],
            ['SLAVEOF', 'NO', 'ONE'],
            ['CONFIG', 'REWRITE'],
            ['CLIENT', 'KILL', 'TYPE', 'normal'],
            ['EXEC'],
          ]
            .map((words) => resp(...words))
            .join(''),
        ),
    );
    expect(orders).toMatchObject([{ ...NO_ONE, sentinel: true }]);
  });

  it('of a Sentinel met mid-stream, which is known by its hello', () => {
    const say = (channel: string) =>
      told(
        (client) =>
          client
            .replica(resp('INFO'))
            .master('$2\r\nx:\r\n')
            .replica(resp('PING'))
            .master('+PONG\r\n')
            .replica(resp('PUBLISH', channel, '10.0.0.9,26379,abc'))
            .master(':1\r\n')
            .replica(resp('PUBLISH', '__sentinel__:hello', 'too late'))
            .master(':1\r\n')
            .replica(resp('SLAVEOF', 'NO', 'ONE')),
        { midstream: true },
      );
    expect(say('__sentinel__:hello')).toMatchObject([{ ...NO_ONE, sentinel: true }]);
    expect(say('news')).toMatchObject([{ ...NO_ONE, sentinel: false }]);
  });

  it('of a client that calls itself like one, but otherwise', () => {
    const orders = told((client) =>
      client.replica(resp('CLIENT', 'SETNAME', 'sentinel-tests'), resp('SLAVEOF', 'NO', 'ONE')),
    );
    expect(orders).toMatchObject([{ sentinel: false }]);
  });
});

import { describe, expect, it } from 'vitest';
import { info, RawPeer, SimulatedNodes, tell, throwIf } from '../../testing/simulated-nodes.js';
import { SECOND } from '../net/clock.js';
import type { NodeOptions } from '../node.js';

/** A connection to a node on its own. */
function client(options: Partial<NodeOptions> = {}) {
  const nodes = new SimulatedNodes();
  const node = nodes.node(options);
  const peer = new RawPeer(nodes, node);
  return { nodes, node, peer, ask: (...requests: string[]) => peer.ask(nodes, ...requests) };
}

describe('commands of the connection', () => {
  it.each([
    ['PING', '+PONG\r\n'],
    ['ping hello', '$5\r\nhello\r\n'],
    ['ECHO x', '$1\r\nx\r\n'],
    ['ECHO', "-ERR wrong number of arguments for 'echo' command\r\n"],
    ['SELECT 15', '+OK\r\n'],
    ['SELECT 16', '-ERR DB index is out of range\r\n'],
    ['SELECT x', '-ERR invalid DB index\r\n'],
    ['HELLO 3', '-NOPROTO unsupported protocol version\r\n'],
    ['COMMAND DOCS', '*0\r\n'],
    ['CLIENT ID', ':1\r\n'],
    ['CLIENT GETNAME', '$-1\r\n'],
    ['CLIENT SETINFO LIB-NAME x', '+OK\r\n'],
    ['RESET', '+RESET\r\n'],
    [
      'AUTH x',
      '-ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?\r\n',
    ],
    ['FOO bar', "-ERR unknown command 'FOO', with args beginning with: 'bar' \r\n"],
    ['CONFIG GET port', '*2\r\n$4\r\nport\r\n$4\r\n6379\r\n'],
    [
      'CONFIG SET port 1',
      "-ERR CONFIG SET failed (possibly related to argument 'port') - can't set immutable config\r\n",
    ],
    ['REPLICAOF nowhere 1', '-ERR Invalid master host, an IP address is needed\r\n'],
    ['FAILOVER', '-ERR FAILOVER requires connected replicas.\r\n'],
    ['WAIT 0 0', ':0\r\n'],
    ['WAIT 1 x', '-ERR timeout is not an integer or out of range\r\n'],
    ['DBSIZE', ':0\r\n'],
    ['DEBUG DIGEST', `+${'0'.repeat(40)}\r\n`],
    ['ROLE', '*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n'],
  ])('%s', (request, reply) => {
    expect(client().ask(request)).toBe(reply);
  });

  it('HELLO 2 tells what it is', () => {
    const reply = client().ask('HELLO 2 SETNAME me');
    expect(reply).toMatch(/^\*14\r\n\$6\r\nserver\r\n\$5\r\nredis\r\n/);
  });

  it('take requests as lines, too, and end at what is none', () => {
    const { nodes, peer } = client();
    peer.channel.write(Buffer.from('set a "b c"\r\n\r\nget a\r\n'));
    nodes.run(1000);
    expect(peer.take()).toBe('+OK\r\n$3\r\nb c\r\n');
    peer.channel.write(Buffer.from('*1\r\n:5\r\n'));
    nodes.run(1000);
    expect(peer.take()).toBe("-ERR Protocol error: expected '$', got ':'\r\n");
    expect(peer.closedBy).toBe('fin');
  });

  it('QUIT closes behind its reply, and runs nothing more', () => {
    const { node, peer, ask } = client();
    expect(ask('SET a 1', 'QUIT', 'SET a 2')).toBe('+OK\r\n+OK\r\n');
    expect(peer.closedBy).toBe('fin');
    expect(tell(node, 'GET a')).toBe('1');
  });

  it('SHUTDOWN ends the process, which can be started again', () => {
    const { nodes, node, peer, ask } = client();
    ask('SET a 1', 'SHUTDOWN NOSAVE');
    expect([node.running, peer.closedBy]).toEqual([false, 'fin']);
    node.restart({ keepData: false, keepHistory: false }, throwIf);
    nodes.run(1000);
    expect(tell(node, 'DBSIZE')).toBe(0);
  });

  it('CLIENT KILL ends others', () => {
    const { nodes, node, ask } = client();
    const other = new RawPeer(nodes, node);
    expect(ask('CLIENT KILL ID 2')).toBe(':1\r\n');
    expect(other.closedBy).toBe('fin');
    expect(ask('CLIENT KILL ID 2')).toBe(':0\r\n');
    expect(ask('CLIENT KILL 1.2.3.4:5')).toBe('-ERR No such client\r\n');
  });

  it('CONFIG SET takes effect at once', () => {
    const { node, ask } = client();
    expect(ask('CONFIG SET repl-timeout 7 repl-backlog-size 32kb repl-diskless-sync no')).toBe('+OK\r\n');
    expect(node.settings).toMatchObject({ timeout: 7 * SECOND, backlogSize: 32_768, disklessSync: false });
    ask('CONFIG SET client-output-buffer-limit x');
    ask('CONFIG SET repl-ping-slave-period 3');
    const config = ask('CONFIG GET *limit *ping*');
    expect(config).toContain('normal 0 0 0 slave 268435456 67108864 60 pubsub 0 0 0');
    expect(config).toContain('repl-ping-replica-period\r\n$1\r\n3');
  });
});

describe('passwords', () => {
  const users = [{ name: 'repl', password: 'p2', denied: ['psync', 'get'] }];

  it('are asked for before anything else', () => {
    const { ask } = client({ password: 'p1' });
    expect(ask('PING')).toBe('-NOAUTH Authentication required.\r\n');
    expect(ask('PSYNC ? -1')).toBe('-NOAUTH Authentication required.\r\n');
    expect(ask('AUTH wrong')).toBe('-WRONGPASS invalid username-password pair or user is disabled.\r\n');
    expect(ask('AUTH nobody p1')).toBe('-WRONGPASS invalid username-password pair or user is disabled.\r\n');
    expect(ask('AUTH p1', 'PING')).toBe('+OK\r\n+PONG\r\n');
  });

  it('are those of users, who may be denied commands', () => {
    const { ask } = client({ password: 'p1', users });
    expect(ask('HELLO 2')).toMatch(/^-NOAUTH HELLO/);
    expect(ask('HELLO 2 AUTH repl p2')).toMatch(/^\*14/);
    expect(ask('PSYNC ? -1')).toBe("-NOPERM this user has no permissions to run the 'psync' command\r\n");
    expect(ask('SET a 1', 'GET a')).toBe(
      "+OK\r\n-NOPERM this user has no permissions to run the 'get' command\r\n",
    );
  });
});

describe('transactions', () => {
  it('run at EXEC, as a whole', () => {
    const { ask } = client();
    expect(ask('MULTI', 'SET a 1', 'INCR a', 'PING', 'EXEC')).toBe(
      '+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n*3\r\n+OK\r\n:2\r\n+PONG\r\n',
    );
  });

  it('are given up by DISCARD, and fail when a command was refused', () => {
    const { node, ask } = client();
    expect(ask('MULTI', 'SET a 1', 'DISCARD', 'DISCARD')).toBe(
      '+OK\r\n+QUEUED\r\n+OK\r\n-ERR DISCARD without MULTI\r\n',
    );
    const refused = ask('MULTI', 'NOPE', 'SET a 1', 'SET a', 'EXEC', 'EXEC');
    expect(refused.split('\r\n').map((line) => line.slice(0, 9))).toEqual([
      '+OK',
      '-ERR unkn',
      '+QUEUED',
      '-ERR wron',
      '-EXECABOR',
      '-ERR EXEC',
      '',
    ]);
    expect(ask('MULTI', 'MULTI', 'EXEC')).toContain('-ERR Command not allowed inside a transaction');
    expect(tell(node, 'DBSIZE')).toBe(0);
  });

  it('run what fails in a command on its own and go on', () => {
    const { ask } = client();
    expect(ask('MULTI', 'SET a x', 'INCR a', 'SET b 1', 'EXEC').split('*3\r\n')[1]).toBe(
      '+OK\r\n-ERR value is not an integer or out of range\r\n+OK\r\n',
    );
  });
});

describe('a replica', () => {
  it('refuses writes of clients and says what it is', () => {
    const nodes = new SimulatedNodes();
    const master = nodes.node();
    const replica = nodes.node({ replicaOf: master.endpoint });
    nodes.seconds(2);
    expect(tell(replica, 'SET a 1')).toBe("-READONLY You can't write against a read only replica.");
    expect(tell(replica, 'ROLE')).toEqual(['slave', '10.0.0.1', 6379, 'connected', 0]);
    expect(tell(master, 'ROLE')).toEqual(['master', 0, [['10.0.0.2', '6379', '0']]]);
    expect(tell(replica, 'WAIT 0 0')).toMatch(/^-ERR WAIT cannot be used with replica instances/);
    expect(tell(replica, 'REPLICAOF 10.0.0.1 6379')).toBe('OK Already connected to specified master');
    expect(info(master)).toMatchObject({ slave0: 'ip=10.0.0.2,port=6379,state=online,offset=0,lag=0' });
    expect(info(replica)).toMatchObject({ master_host: '10.0.0.1', master_last_io_seconds_ago: '1' });
    expect(tell(replica, 'SLAVEOF NO ONE')).toBe('OK');
    expect(tell(replica, 'SET a 1')).toBe('OK');
  });

  it('announces what it is told to', () => {
    const nodes = new SimulatedNodes();
    const master = nodes.node({ password: 'secret' });
    nodes.node({
      replicaOf: master.endpoint,
      masterAuth: 'secret',
      announceAddress: '192.0.2.7',
      announcePort: 16379,
    });
    nodes.seconds(2);
    expect(info(master).slave0).toBe('ip=192.0.2.7,port=16379,state=online,offset=0,lag=0');
  });
});

it('a node that loads answers so, to all but a few', () => {
  const { nodes, ask } = client({ startLoadTime: 2 * SECOND });
  expect(ask('PING', 'GET a')).toBe('-LOADING Redis is loading the dataset in memory\r\n'.repeat(2));
  expect(ask('INFO persistence')).toContain('loading:1');
  nodes.seconds(2);
  expect(ask('PING')).toBe('+PONG\r\n');
});

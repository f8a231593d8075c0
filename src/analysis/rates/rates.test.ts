import { describe, expect, it } from 'vitest';
import { ack, type Call, Network, resp, smallRdb } from '../../testing/talk.js';
import { NO_KEY, NO_PREFIX } from './key-prefix.js';
import { MAX_ROWS, MAX_TABLES } from './limits.js';
import { RateObserver, type ShareKind } from './rates.js';
import { SecondPeak } from './second-peak.js';

const SECOND = 1_000_000;

describe('the fullest second', () => {
  it('is found among all, and what comes late counts into the second that runs', () => {
    const peak = new SecondPeak();
    peak.add(5, 10 * SECOND + 1);
    peak.add(5, 10 * SECOND + 999_999);
    peak.add(9, 11 * SECOND);
    expect(peak).toMatchObject({ most: 10, mostAt: 10 * SECOND });
    peak.add(2, 10 * SECOND + 999_999);
    expect(peak).toMatchObject({ most: 11, mostAt: 11 * SECOND });
    peak.add(3, 20 * SECOND);
    expect(peak).toMatchObject({ most: 11, mostAt: 11 * SECOND });
  });
});

function online(network: Network, port = 7000): Call {
  const rdb = smallRdb();
  const call = network.call();
  call.replica(resp('REPLCONF', 'listening-port', String(port))).master('+OK\r\n');
  call.replica(resp('PSYNC', '?', '-1')).master(`+FULLRESYNC ${'a'.repeat(40)} 0\r\n`);
  return call.master(`$${rdb.length}\r\n`, rdb).replica(ack(0));
}

function observed(kind: ShareKind | null, chunk?: number) {
  const observer = new RateObserver(kind);
  const network = new Network(chunk, { observer });
  return { observer, network, link: () => network.links()[0]! };
}

describe('rates of a link', () => {
  it.each([undefined, 1, 7])('bytes and commands by seconds, pieces of %s', (chunk) => {
    const { observer, network, link } = observed(null, chunk);
    const call = online(network);
    const set = resp('SET', 'k', 'v');
    network.time = 2000 * SECOND;
    call.master(set, set).wait(1000).master(set, set, set).wait(1000).master(set);
    expect(observer.peaks(link())).toEqual({
      bytes: 3 * set.length,
      bytesAt: 2001 * SECOND,
      commands: 3,
      commandsAt: 2001 * SECOND,
    });
    expect(observer.shares(link())).toBeNull();
  });

  it('over its reconnections: one link, the fuller of two sessions', () => {
    const { observer, network, link } = observed('command');
    const first = online(network);
    first.master(resp('SET', 'k', 'v')).close();
    network.wait(5000);
    online(network).master(resp('SET', 'k', 'v'), resp('DEL', 'k'));
    expect(link().sessions.length).toBe(2);
    expect(observer.peaks(link()).commands).toBe(2);
    expect(observer.shares(link())!.rows).toMatchObject([
      { key: 'SET', commands: 2 },
      { key: 'DEL', commands: 1 },
    ]);
  });
});

describe('shares', () => {
  const commands = [
    resp('SELECT', '3'),
    resp('SET', 'user:1', 'x'.repeat(100)),
    resp('PING'),
    resp('SET', 'user:2', 'x'.repeat(50)),
    resp('SELECT', '5'),
    resp('XGROUP', 'CREATE', 'jobs:1', 'g', '$'),
    resp('SET', 'plain', 'v'),
  ];
  const sizes = commands.map(({ length }) => length);
  const sum = (...at: number[]): number => at.reduce((total, i) => total + sizes[i]!, 0);

  const by = (kind: ShareKind): [string, number, number][] => {
    const { observer, network, link } = observed(kind, 13);
    online(network).master(...commands);
    const shares = observer.shares(link())!;
    expect(shares).toMatchObject({ bytes: sum(0, 1, 2, 3, 4, 5, 6), commands: 7, isExact: true });
    return shares.rows.map(({ key, bytes, commands: count }) => [key, bytes, count]);
  };

  it('by command, subcommands apart', () => {
    const expected: [string, number, number][] = [
      ['SET', sum(1, 3, 6), 3],
      ['XGROUP CREATE', sum(5), 1],
      ['SELECT', sum(0, 4), 2],
      ['PING', sum(2), 1],
    ];
    expect(by('command')).toEqual(expected.sort((a, b) => b[1] - a[1]));
  });

  it('by database: a SELECT counts into the one it selects', () => {
    expect(by('db')).toEqual([
      ['3', sum(0, 1, 2, 3), 4],
      ['5', sum(4, 5, 6), 3],
    ]);
  });

  it('by key prefix', () => {
    const rows = by('prefix');
    expect(rows.map(([key]) => key).sort()).toEqual(['jobs:', 'user:', NO_KEY, NO_PREFIX].sort());
    expect(rows[0]).toEqual(['user:', sum(1, 3), 2]);
    expect(rows.find(([key]) => key === NO_KEY)).toEqual([NO_KEY, sum(0, 2, 4), 3]);
  });

  it('a command with a hole in its value counts as a whole; what was lost between commands does not', () => {
    const { observer, network, link } = observed('command');
    const call = online(network);
    const set = resp('SET', 'user:1', 'x'.repeat(3000));
    call.master(set.slice(0, 1000)).lose('master', 1000).master(set.slice(2000));
    call.lose('master', 500).master(resp('DEL', 'user:1'), resp('PING'), resp('PING'));
    const { rows, bytes } = observer.shares(link())!;
    expect(rows[0]).toMatchObject({ key: 'SET', bytes: set.length, commands: 1 });
    expect(bytes).toBe(link().sessions[0]!.stream.bytes - 500);
  });

  it('are bounded by rows, with the error named, and by links', () => {
    const { observer, network, link } = observed('prefix');
    const call = online(network);
    for (let i = 0; i < MAX_ROWS + 500; i++) call.master(resp('SET', `p${i}:1`, 'v'));
    for (let i = 0; i < 5000; i++) call.master(resp('SET', 'hot:1', 'v'));
    const { rows, isExact } = observer.shares(link())!;
    expect(rows.length).toBe(MAX_ROWS);
    expect(isExact).toBe(false);
    expect(rows[0]!.key).toBe('hot:');
    const many = observed('command');
    for (let i = 0; i <= MAX_TABLES; i++) online(many.network, 7000 + i).master(resp('PING'));
    const shares = many.network.links().map((each) => many.observer.shares(each));
    expect(shares.filter((each) => each === null).length).toBe(1);
  });
});

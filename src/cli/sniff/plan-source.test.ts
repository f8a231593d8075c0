import { describe, expect, it } from 'vitest';
import type { SniffArguments } from './flags.js';
import { planSource } from './plan-source.js';

const planned = (args: Partial<SniffArguments>) =>
  planSource({ captureWith: 'auto', sshSudo: false, ...args } as SniffArguments);

describe('--ssh', () => {
  it.each(['db1', 'me@db1.example', 'ssh://me@[::1]:2222', 'me@fe80::1%eth0'])('%s is a host', (ssh) => {
    const { POSITIVE_INFINITY: retries } = Number;
    const host = { destination: ssh, options: [], sudo: false };
    expect(planned({ ssh })).toEqual({ kind: 'ssh', host, interface: 'any', retries });
  });

  it.each([
    '',
    '-oProxyCommand=id',
    'a b',
    'a\n',
    "a'b",
    'a;b',
    '$(id)',
    '`id`',
    'a|b',
    'a\u202eb',
    'a\\b',
    '*',
  ])('%j is none', (ssh) => {
    expect(() => planned({ ssh })).toThrow(/^--ssh: not a host: /);
  });

  it('takes options, sudo, an interface and a number of retries', () => {
    expect(
      planned({ ssh: 'x', sshOption: ['Port=22', 'User me'], sshSudo: true, interface: 'eth1', retries: 0 }),
    ).toEqual({
      kind: 'ssh',
      host: { destination: 'x', options: ['Port=22', 'User me'], sudo: true },
      interface: 'eth1',
      retries: 0,
    });
  });
});

describe('--connect', () => {
  it.each([
    ['192.0.2.7:57012', '192.0.2.7', 57012],
    ['host-1.example:1', 'host-1.example', 1],
    ['[::1]:65535', '::1', 65535],
    ['TCP@127.0.0.1:57012', '127.0.0.1', 57012],
  ])('%s', (connect, host, port) => {
    expect(planned({ connect, retries: 3 })).toEqual({ kind: 'server', server: { host, port }, retries: 3 });
  });

  it.each([
    '',
    '57012',
    ':57012',
    'host',
    'host:0',
    'host:65536',
    '::1:5',
    '[host]:5',
    '[::1]',
    'a b:5',
    '-x;y:5',
  ])('%j is no host and port', (connect) => {
    expect(() => planned({ connect })).toThrow(/^--connect: not a host and a port: /);
  });
});

it.each([
  [{ ssh: 'a', connect: 'b:1' }, '--ssh and --connect: one of them'],
  [{ sshSudo: true }, '--ssh-sudo needs --ssh HOST'],
  [{ sshOption: ['A=b'], connect: 'b:1' }, '--ssh-option needs --ssh HOST'],
  [{ retries: 1 }, '--retries needs --ssh or --connect'],
  [{ ssh: 'a', retries: -1 }, '--retries: not a whole number: -1'],
  [{ connect: 'a:1', retries: Number.NaN }, '--retries: not a whole number: NaN'],
  [{ ssh: 'a', sshOption: ['-v'] }, '--ssh-option: not NAME=VALUE: -v'],
  [{ ssh: 'a', captureWith: 'dumpcap' }, '--ssh runs tcpdump there, not dumpcap'],
  [{ connect: 'a:1', captureWith: 'cap' }, '--capture-with does not go with --connect'],
  [{ connect: 'a:1', interface: 'lo' }, '--interface is for who captures'],
  [{ connect: 'a:1', bufferSize: 5 }, '--buffer-size is for who captures'],
] as const)('%j is refused', (args, text) => {
  expect(() => planned(args as Partial<SniffArguments>)).toThrow(text);
});

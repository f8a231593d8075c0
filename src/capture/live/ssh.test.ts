import { describe, expect, it } from 'vitest';
import { sshTcpdump } from './ssh.js';

const HOST = { destination: 'me@db1', options: ['Port=2222'], sudo: false };
const CAPTURE = { interface: 'any', filter: 'tcp port 6379' };
const backend = sshTcpdump(HOST);

describe('what ssh is given', () => {
  const words = backend.captureArguments(CAPTURE);

  it('is the host behind --, and options of which those typed come first', () => {
    expect(words.at(-3)).toBe('--');
    expect(words.at(-2)).toBe('me@db1');
    expect(words.slice(0, 5)).toEqual(['-T', '-o', 'Port=2222', '-o', 'BatchMode=yes']);
  });

  it('is for the shell over there a script that every login shell passes on, and each word in quotes', () => {
    const [, script] = /^'sh' '-c' '([^']*)' 'sh' 'tcp port 6379' '' '-i' 'any' /.exec(words.at(-1)!)!;
    expect(script).not.toMatch(/[\\\n]/);
    const quoted = backend.captureArguments({ ...CAPTURE, filter: `a'b $(c)` }).at(-1);
    expect(quoted).toContain(` 'a'\\''b $(c)' `);
  });
});

// What cli-ssh.test.ts cannot bring about with a host of its own.
it.each([
  [
    'Could not resolve hostname db1: Name or service not known',
    'no-connection',
    /cannot be reached: Could not res/,
  ],
  [
    'connect to host db1 port 22: Connection timed out',
    'no-connection',
    /cannot be reached: connect to host/,
  ],
  ['client_loop: send disconnect: Broken pipe', 'no-connection', /the connection broke off: .*Broken pipe/],
  [
    '@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @',
    'no-connection',
    /host key is not known, or not the one/,
  ],
  ['sudo: a password is required', 'no-permission', /sudo does not run tcpdump there without a password/],
  [
    "any: You don't have permission to capture on that device",
    'no-permission',
    /may not capture there on any/,
  ],
  ['eth7: That device is not up', 'interface-down', /its interface any is down/],
] as const)('%s', (said, kind, message) => {
  const problem = backend.explain(said, CAPTURE, { how: 'ended with exit code 255', damage: '' });
  expect(problem?.kind).toBe(kind);
  expect(problem?.message).toMatch(/^me@db1: /);
  expect(problem?.message).toMatch(message);
});

it.each([
  ['ended with exit code 255', /^me@db1: the connection broke off, or nothing came for 15 s$/],
  ['ended with exit code 137', /^me@db1: tcpdump was killed there, by signal 9$/],
  [null, /^me@db1: somebody there told tcpdump to end$/],
])('nothing is said, and it %s', (how, message) => {
  expect(backend.explain('', CAPTURE, { how, damage: '' })?.message).toMatch(message);
});

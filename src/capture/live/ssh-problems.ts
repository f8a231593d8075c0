import type { ChildEnd } from './backend.js';
import { badFilter, PACKAGES, quotable, shellWord } from './problems.js';
import { BAD_FILTER, NO_INTERFACE, NO_PERMISSION, NOT_UP } from './programs.js';
import type { LiveOptions, LiveProblem, ProblemKind, SshHost } from './types.js';

/** What a message needs to know. */
interface Attempt {
  readonly host: SshHost;
  /** The command that reaches the host, to be typed by hand. */
  readonly ssh: string;
  readonly capture: Pick<LiveOptions, 'interface' | 'filter'>;
}

interface Case {
  readonly kind: ProblemKind;
  readonly said: RegExp;
  /** What is wrong, behind the name of the host and a colon. @param said the part that matched. */
  readonly wrong: (said: string, attempt: Attempt) => string;
  readonly remedies: (said: string, attempt: Attempt) => string[];
}

/** What ssh says (OpenSSH 7.4 … 9.9), sudo 1.9, and the script of ssh.ts; tried in this order. */
const CASES: readonly Case[] = [
  {
    kind: 'no-connection',
    said: /Host key verification failed|HOST IDENTIFICATION HAS CHANGED|^No .* host key is known/im,
    wrong: () => 'its host key is not known, or not the one that was',
    remedies: (_, { ssh }) => [`${ssh} true, once by hand: it shows the key, and keeps it`],
  },
  {
    kind: 'no-connection',
    said: /Permission denied \([\w,-]+\)|Too many authentication failures/i,
    wrong: (said) => `the keys there are do not open it: ${said}`,
    remedies: (_, { ssh }) => [
      `${ssh} true must go through without a question: ssh-add the key, since no password is asked for`,
    ],
  },
  {
    kind: 'no-connection',
    said: /Could not resolve hostname.*|connect to (?:host|address) .*|banner exchange.*|kex_exchange_identification.*|Connection (?:closed|reset) by .*|Connection to .* timed out/i,
    wrong: (said) => `cannot be reached: ${said}`,
    remedies: (_, { ssh }) => [`${ssh.replace('ssh', 'ssh -v')} true tells how far it comes`],
  },
  {
    kind: 'no-connection',
    said: /.*closed by remote host|.*Broken pipe/i,
    wrong: (said) => `the connection broke off: ${said}`,
    remedies: () => [],
  },
  {
    kind: 'no-permission',
    said: /password is required|a terminal is required|must have a tty|is not allowed to execute|is not in the sudoers|may not run sudo/i,
    wrong: () => 'sudo does not run tcpdump there without a password',
    remedies: () => [
      'there, with sudo visudo -f /etc/sudoers.d/psyncscope: USER ALL=(root) NOPASSWD: /usr/bin/tcpdump',
    ],
  },
  {
    kind: 'no-backend',
    said: /\bssh: (?:command )?not found/,
    wrong: () => 'there is no ssh here to reach it with',
    remedies: () => [
      'apt-get install openssh-client (Debian, Ubuntu), dnf install openssh-clients (RHEL, Fedora)',
    ],
  },
  {
    kind: 'no-backend',
    said: /^not found: sudo/m,
    wrong: () => 'there is no sudo',
    remedies: () => ['leave out --ssh-sudo, and log in as a user who may capture'],
  },
  {
    kind: 'no-backend',
    said: /^not found: tcpdump|^tcpdump: command not found/m,
    wrong: () => 'there is no tcpdump on its PATH',
    remedies: () => [`there: ${PACKAGES}`],
  },
  {
    kind: 'no-permission',
    said: NO_PERMISSION,
    wrong: (_, { capture }) => `this user may not capture there on ${quotable(capture.interface)}`,
    remedies: (_, { host }) => [
      ...(host.sudo ? [] : ['--ssh-sudo, where sudo -n tcpdump is allowed']),
      'there: sudo setcap cap_net_raw,cap_net_admin=eip $(readlink -f $(command -v tcpdump))',
    ],
  },
  {
    kind: 'no-such-interface',
    said: NO_INTERFACE,
    wrong: (_, { capture }) => `there is no interface ${quotable(capture.interface)}`,
    remedies: (_, { ssh }) => [`${ssh} tcpdump -D lists those there are`],
  },
  {
    kind: 'interface-down',
    said: NOT_UP,
    wrong: (_, { capture }) => `its interface ${quotable(capture.interface)} is down`,
    remedies: (_, { capture }) => [`there: sudo ip link set ${shellWord(capture.interface)} up`],
  },
];

/** As shells have it: ended by signal n. */
const SIGNAL_BASE = 128;

/** ssh's own exit code, when it has no connection. */
const NO_CONNECTION = 255;

/** What ssh, or what it ran over there, complains of. @param end how ssh ended. */
export function explainSsh(
  host: SshHost,
  stderr: string,
  capture: Attempt['capture'],
  end: ChildEnd = { how: null, damage: '' },
): LiveProblem | null {
  const words = ['ssh', ...host.options.flatMap((option) => ['-o', option]), host.destination];
  const attempt = { host, ssh: words.map(shellWord).join(' '), capture };
  // The compiler of filters repeats what was typed, which may read like anything.
  if (BAD_FILTER.test(stderr)) return badFilter(capture.filter, stderr);
  for (const { kind, said, wrong, remedies } of CASES) {
    const part = said.exec(stderr)?.[0];
    if (part === undefined) continue;
    const message = `${quotable(host.destination)}: ${wrong(quotable(part), attempt)}`;
    return { kind, message, remedies: remedies(part, attempt) };
  }
  if (end.damage.includes('not a capture file'))
    return {
      kind: 'not-a-capture',
      message: quotable(end.damage),
      remedies: [
        `${attempt.ssh} true must print nothing: a login script there writes to its standard output`,
      ],
    };
  return stderr === '' ? ended(quotable(host.destination), end.how) : null;
}

/** It ended, and nobody says why. */
function ended(host: string, how: string | null): LiveProblem | null {
  const problem = (kind: ProblemKind, wrong: string): LiveProblem => ({
    kind,
    message: `${host}: ${wrong}`,
    remedies: [],
  });
  if (how === null) return problem('child-died', 'somebody there told tcpdump to end');
  const code = Number(/exit code (\d+)$/.exec(how)?.[1]);
  if (code === NO_CONNECTION)
    return problem('no-connection', 'the connection broke off, or nothing came for 15 s');
  if (code > SIGNAL_BASE)
    return problem('child-died', `tcpdump was killed there, by signal ${code - SIGNAL_BASE}`);
  return null;
}

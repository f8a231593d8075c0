import type { BackendName, LiveProblem } from './types.js';

/** Control and format characters, lone surrogates, line and paragraph separators: what could move a cursor or hide text. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu;

/** Characters of foreign text a message quotes at most. */
const QUOTED_CHARACTERS = 600;

/** Foreign text, of a child or a user, as one line of a message: printable and bounded. */
export function quotable(text: string): string {
  const line = text
    .slice(0, QUOTED_CHARACTERS * 2)
    .replace(UNPRINTABLE, ' ')
    .trim();
  return line.length > QUOTED_CHARACTERS ? `${line.slice(0, QUOTED_CHARACTERS)}…` : line;
}

/** A word for the command lines in remedies. */
export function shellWord(text: string): string {
  return /^[\w./:@%+=-]+$/.test(text) ? text : `'${quotable(text).replaceAll("'", `'\\''`)}'`;
}

/** @param file the executable that needs the privilege: the program itself, or node for the addon. */
export function noPermission(backend: BackendName, file: string, interfaceName: string): LiveProblem {
  const grant = `sudo setcap cap_net_raw,cap_net_admin=eip $(readlink -f ${shellWord(file)})`;
  const now = `at once: sudo tcpdump -i ${shellWord(interfaceName)} -U -w - tcp | psyncscope replay -`;
  const ways = {
    dumpcap: [
      grant,
      'Debian, Ubuntu: sudo dpkg-reconfigure wireshark-common && sudo usermod -aG wireshark $USER, then log in again',
    ],
    tcpdump: [grant, 'or run psyncscope with sudo'],
    cap: [
      'install dumpcap or tcpdump, or run psyncscope with sudo',
      `${grant} gives it to every script of this node`,
    ],
  };
  return {
    kind: 'no-permission',
    message: `this user may not capture on ${quotable(interfaceName)} with ${backend}`,
    remedies:
      process.platform === 'darwin'
        ? ['sudo chmod g+r /dev/bpf*', 'or run psyncscope with sudo']
        : [...ways[backend], now],
  };
}

export const PACKAGES =
  'apt-get install tcpdump (Debian, Ubuntu), dnf install tcpdump (RHEL, Fedora), apk add tcpdump (Alpine); macOS has it in /usr/sbin';

/** Where nothing may be installed, as in a container. */
const FROM_OUTSIDE = 'or capture on a host that has one: psyncscope sniff --ssh HOST';

/** @param wanted the one that was asked for; null when any would have done. */
export function noBackend(wanted: BackendName | null): LiveProblem {
  if (wanted === 'cap') {
    return {
      kind: 'no-backend',
      message: 'the npm package cap cannot be loaded: it is not installed, not built, or libpcap is missing',
      remedies: [
        'apt-get install libpcap-dev (Debian, Ubuntu), dnf install libpcap-devel (RHEL, Fedora), apk add libpcap-dev (Alpine), ' +
          'brew install libpcap (macOS), then npm install cap',
        'or use tcpdump',
      ],
    };
  }
  if (wanted === 'dumpcap') {
    return {
      kind: 'no-backend',
      message: 'dumpcap was not found on the PATH',
      remedies: [
        'apt-get install wireshark-common (Debian, Ubuntu), dnf install wireshark-cli (RHEL, Fedora), apk add wireshark-common (Alpine), ' +
          'brew install wireshark (macOS)',
      ],
    };
  }
  const message =
    wanted === 'tcpdump'
      ? 'tcpdump was not found on the PATH'
      : 'nothing that captures was found: neither dumpcap nor tcpdump is on the PATH, and the npm package cap cannot be loaded';
  return { kind: 'no-backend', message, remedies: wanted === null ? [PACKAGES, FROM_OUTSIDE] : [PACKAGES] };
}

export function notExecutable(backend: BackendName, file: string): LiveProblem {
  return {
    kind: 'not-executable',
    message: `${quotable(file)}: this user may not run it`,
    remedies: [
      backend === 'dumpcap'
        ? 'sudo usermod -aG wireshark $USER, then log in again'
        : `sudo chmod a+x ${shellWord(file)}`,
    ],
  };
}

/** @param existing names of the interfaces there are. */
export function noSuchInterface(name: string, existing: readonly string[]): LiveProblem {
  return {
    kind: 'no-such-interface',
    message: `there is no interface ${quotable(name)}${existing.length > 0 ? `; there are ${existing.join(', ')}` : ''}`,
    remedies: ['psyncscope interfaces lists them, with their addresses'],
  };
}

/** A link that is up is joined where it stands. */
const START_AGAIN = 'start psyncscope again: it goes on from the next ACK of each link';

export function badFilter(filter: string, complaint: string): LiveProblem {
  return {
    kind: 'bad-filter',
    message: `the filter ${quotable(filter)} cannot be used: ${quotable(complaint)}`,
    remedies: ['man pcap-filter describes what can be said'],
  };
}

export function interfaceDown(name: string, goesOn: boolean): LiveProblem {
  return {
    kind: 'interface-down',
    message: `the interface ${quotable(name)} is down${goesOn ? '; the capture goes on when it is up again' : ''}`,
    remedies: [`sudo ip link set ${shellWord(name)} up`],
  };
}

export function interfaceGone(name: string): LiveProblem {
  return {
    kind: 'interface-down',
    message: `the interface ${quotable(name)} went away, or down`,
    remedies: ['start again when it is back', 'or with -i any, which does not depend on one interface'],
  };
}

/** What SIGKILL is told by: who sent it cannot be seen, but the kernel writes it down. */
const KILLED = 'was ended by SIGKILL';

const LOOK_FOR_OOM = "dmesg -T | grep -i 'killed process' tells whether the kernel did it for want of memory";

/**
 * @param how it ended, e.g. `was ended by SIGTERM`; null: in order, as it does when somebody else tells it to.
 * @param said its last lines on standard error.
 * @param hasRun false when it ended before it captured anything, which it will do again.
 */
export function childDied(backend: string, how: string | null, said: string, hasRun: boolean): LiveProblem {
  const words = quotable(said);
  return {
    kind: 'child-died',
    message: `${backend} ${how ?? 'was told to end by somebody else'}${words === '' ? '' : `: ${words}`}`,
    remedies: [...(how === KILLED ? [LOOK_FOR_OOM] : []), ...(hasRun ? [START_AGAIN] : [])],
  };
}

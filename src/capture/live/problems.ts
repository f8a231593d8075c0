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
  const wireshark = 'sudo dpkg-reconfigure wireshark-common && sudo usermod -aG wireshark $USER';
  const remedies = {
    dumpcap: `${grant}; or on Debian and Ubuntu: ${wireshark}, then log in again`,
    tcpdump: `${grant}; or run psyncscope with sudo`,
    cap: `${grant}, which gives it to every script of this node; better install dumpcap or tcpdump, or run psyncscope with sudo`,
  };
  return {
    kind: 'no-permission',
    message: `this user may not capture on ${quotable(interfaceName)} with ${backend}`,
    remedy:
      process.platform === 'darwin'
        ? 'sudo chmod g+r /dev/bpf*, or run psyncscope with sudo'
        : `${remedies[backend]}; or as things are: sudo tcpdump -i ${shellWord(interfaceName)} -U -w - tcp | psyncscope replay -`,
  };
}

const PACKAGES =
  'apt-get install tcpdump (Debian, Ubuntu), dnf install tcpdump (RHEL, Fedora), apk add tcpdump (Alpine); macOS has it in /usr/sbin';

/** @param wanted the one that was asked for; null when any would have done. */
export function noBackend(wanted: BackendName | null): LiveProblem {
  if (wanted === 'cap') {
    return {
      kind: 'no-backend',
      message: 'the npm package cap cannot be loaded: it is not installed, not built, or libpcap is missing',
      remedy:
        'apt-get install libpcap-dev (Debian, Ubuntu), dnf install libpcap-devel (RHEL, Fedora), apk add libpcap-dev (Alpine), ' +
        'brew install libpcap (macOS), then npm install cap; or use tcpdump',
    };
  }
  if (wanted === 'dumpcap') {
    return {
      kind: 'no-backend',
      message: 'dumpcap was not found on the PATH',
      remedy:
        'apt-get install wireshark-common (Debian, Ubuntu), dnf install wireshark-cli (RHEL, Fedora), apk add wireshark-common (Alpine), ' +
        'brew install wireshark (macOS)',
    };
  }
  const message =
    wanted === 'tcpdump'
      ? 'tcpdump was not found on the PATH'
      : 'nothing that captures was found: neither dumpcap nor tcpdump is on the PATH, and the npm package cap cannot be loaded';
  return { kind: 'no-backend', message, remedy: PACKAGES };
}

export function notExecutable(backend: BackendName, file: string): LiveProblem {
  return {
    kind: 'not-executable',
    message: `${quotable(file)}: this user may not run it`,
    remedy:
      backend === 'dumpcap'
        ? 'sudo usermod -aG wireshark $USER, then log in again'
        : `sudo chmod a+x ${shellWord(file)}`,
  };
}

/** @param existing names of the interfaces there are. */
export function noSuchInterface(name: string, existing: readonly string[]): LiveProblem {
  return {
    kind: 'no-such-interface',
    message: `there is no interface ${quotable(name)}${existing.length > 0 ? `; there are ${existing.join(', ')}` : ''}`,
    remedy: 'psyncscope interfaces lists them',
  };
}

export function badFilter(filter: string, complaint: string): LiveProblem {
  return {
    kind: 'bad-filter',
    message: `the filter ${quotable(filter)} cannot be used: ${quotable(complaint)}`,
    remedy: 'man pcap-filter describes what can be said',
  };
}

export function interfaceDown(name: string, goesOn: boolean): LiveProblem {
  return {
    kind: 'interface-down',
    message: `the interface ${quotable(name)} is down${goesOn ? '; the capture goes on when it is up again' : ''}`,
    remedy: `sudo ip link set ${shellWord(name)} up`,
  };
}

export function interfaceGone(name: string): LiveProblem {
  return {
    kind: 'interface-down',
    message: `the interface ${quotable(name)} went away, or down`,
    remedy: 'start again when it is back; -i any does not depend on one interface',
  };
}

/** @param how it ended, e.g. `was ended by SIGKILL`. @param said its last lines on standard error. */
export function childDied(backend: BackendName, how: string, said: string): LiveProblem {
  const words = quotable(said);
  return {
    kind: 'child-died',
    message: `${backend} ${how}${words === '' ? '' : `: ${words}`}`,
    remedy: '',
  };
}

import type { LocalBackend } from './backend.js';
import { interfaceNames } from './interface-names.js';
import {
  badFilter,
  interfaceDown,
  interfaceGone,
  noBackend,
  noPermission,
  noSuchInterface,
} from './problems.js';
import {
  type BackendName,
  DEFAULT_BUFFER_BYTES,
  DEFAULT_SNAPLEN,
  type LiveDrops,
  type LiveOptions,
  type LiveProblem,
} from './types.js';

/** What libpcap and the programs around it say, each tried in this order (libpcap 1.5 … 1.10, tcpdump 4.9 … 4.99, dumpcap 2 … 4). */
export const BAD_FILTER =
  /invalid capture filter|can't parse filter|syntax error|filter expression|^illegal |unknown (?:host|network|port|protocol|ether)|no VLAN support|is not a valid capture filter/im;
export const NO_PERMISSION = /permission|operation not permitted/i;
export const NO_INTERFACE = /no such device|there is no device named|No such interface|doesn't exist/i;
export const NOT_UP = /is not up/i;
const WENT_AWAY =
  /interface disappeared|interface went down|network is down|no longer (?:attached|available)|Assertion `status == 0' failed/i;

function explainLibpcap(
  backend: BackendName,
  file: string,
  stderr: string,
  options: Pick<LiveOptions, 'interface' | 'filter'>,
): LiveProblem | null {
  const { interface: name, filter } = options;
  if (filter !== '' && BAD_FILTER.test(stderr)) return badFilter(filter, compilerMessage(stderr));
  if (NO_PERMISSION.test(stderr)) return noPermission(backend, file, name);
  if (NO_INTERFACE.test(stderr)) return noSuchInterface(name, interfaceNames());
  if (NOT_UP.test(stderr)) return interfaceDown(name, false);
  if (WENT_AWAY.test(stderr)) return interfaceGone(name);
  return null;
}

/** dumpcap puts the compiler's message in brackets behind sentences of its own. */
function compilerMessage(stderr: string): string {
  const wrapped = /valid capture filter \(([^\n]*)\)/.exec(stderr);
  return wrapped?.[1] ?? stderr;
}

function countOf(line: string, pattern: RegExp): number | null {
  const digits = pattern.exec(line)?.[1];
  return digits === undefined ? null : Number(digits);
}

/** @param file its path. */
export function tcpdump(file: string): LocalBackend {
  return {
    name: 'tcpdump',
    file,
    notice: 'capturing with tcpdump: kernel times, kernel drops counted; packets come up to a second late',
    // Without -U the header is not passed on before there are packets to fill a buffer.
    // Not --immediate-mode: libpcap then uses TPACKET_V2, where each packet takes a slot of snaplen bytes in the kernel's buffer. 8 MiB
    // hold 32 packets, and 88,009 of 680,804 were dropped where 4,581 were without it (redis-benchmark, 16 connections).
    captureArguments: ({ interface: name, filter, snaplen, bufferBytes }) => [
      ...['-i', name, '-U', '-w', '-'],
      ...['-s', String(snaplen ?? DEFAULT_SNAPLEN)],
      ...['-B', String(Math.ceil((bufferBytes ?? DEFAULT_BUFFER_BYTES) / 1024))],
      ...(filter === '' ? [] : ['--', filter]),
    ],
    probeArguments: (name) => ['-L', '-i', name],
    readyLine: /listening on /,
    idleLine:
      /listening on |^tcpdump: $|packets? (?:captured|received by filter|dropped by)|data link type|^Data link types|^Warning:/i,
    isRemote: false,
    hasKernelTimes: true,
    // tcpdump asks libpcap for a timeout of one second.
    holdback: 1000,
    // Where there is SIGINFO, SIGUSR1 has its default action, which is to end the program.
    askForCounts: (child) => child.signal(process.platform === 'linux' ? 'SIGUSR1' : 'SIGINFO'),
    stop: (child) => child.signal('SIGINT'),
    readDrops(line) {
      const kernel = countOf(line, /(\d+) packets? dropped by kernel/);
      if (kernel === null) {
        const byInterface = countOf(line, /(\d+) packets? dropped by interface/);
        return byInterface === null ? null : { interface: byInterface };
      }
      return { kernel, interface: countOf(line, /(\d+) packets? dropped by interface/) ?? 0 };
    },
    explain: (stderr, options) => explainLibpcap('tcpdump', file, stderr, options),
  };
}

/** @param file its path. */
export function dumpcap(file: string): LocalBackend {
  return {
    name: 'dumpcap',
    file,
    notice: 'capturing with dumpcap: kernel times; kernel drops are told at the end only',
    captureArguments: ({ interface: name, filter, snaplen, bufferBytes }) => [
      ...['-i', name, '-q', '-P', '-w', '-'],
      ...['-s', String(snaplen ?? DEFAULT_SNAPLEN)],
      ...['-B', String(Math.ceil((bufferBytes ?? DEFAULT_BUFFER_BYTES) / 1024 / 1024))],
      ...(filter === '' ? [] : ['-f', filter]),
    ],
    probeArguments: (name) => ['-L', '-i', name],
    readyLine: /^File: /,
    idleLine: /^Capturing on |^File: |^Packets |^$/,
    isRemote: false,
    hasKernelTimes: true,
    // CAP_READ_TIMEOUT of dumpcap.
    holdback: 250,
    askForCounts: null,
    stop: (child) => child.signal('SIGINT'),
    readDrops(line) {
      const counts = /\(pcap:(\d+)\/dumpcap:(\d+)\/flushed:(\d+)\/ps_ifdrop:(\d+)\)/.exec(line);
      if (counts === null) return null;
      const [, kernel, queue, flushed, byInterface] = counts;
      return { kernel: Number(kernel) + Number(queue) + Number(flushed), interface: Number(byInterface) };
    },
    explain: (stderr, options) => explainLibpcap('dumpcap', file, stderr, options),
  };
}

/**
 * The addon in a Node process of its own.
 * @param program arguments for node before those of cap-child.ts: its path.
 */
export function cap(program: readonly string[]): LocalBackend {
  return {
    name: 'cap',
    file: process.execPath,
    notice:
      'capturing with the npm package cap: packets are timed when they arrive here, cut at 65,535 bytes (loopback has larger ones), ' +
      'and drops are not told; dumpcap or tcpdump see more',
    captureArguments: ({ interface: name, filter, bufferBytes }) => [
      ...program,
      ...['capture', name, String(bufferBytes ?? DEFAULT_BUFFER_BYTES), filter],
    ],
    probeArguments: (name) => [...program, 'probe', name],
    readyLine: /^cap: capturing/,
    // The addon warns of interfaces that have no IPv4 address.
    idleLine: /^cap: capturing|^Warning: .* may not actually work/,
    isRemote: false,
    hasKernelTimes: false,
    // The addon asks for a timeout of one second, and for immediate mode where it finds libpcap.so.
    holdback: 1000,
    askForCounts: null,
    // Not caught there: it works even while the addon keeps the child's event loop busy.
    stop: (child) => child.signal('SIGTERM'),
    readDrops: (): Partial<LiveDrops> | null => null,
    explain(stderr, options) {
      if (/^cannot be loaded/m.test(stderr)) return noBackend('cap');
      return explainLibpcap('cap', process.execPath, stderr, options);
    },
  };
}

import { isIP } from 'node:net';
import type { CaptureWith } from '../../capture/live/choose-backend.js';
import { ANY } from '../../capture/live/interface-names.js';
import type { CaptureServer } from '../../capture/live/pcap-over-ip.js';
import type { SshHost } from '../../capture/live/types.js';
import { UsageError } from '../errors.js';
import type { SniffArguments } from './flags.js';

/** Where packets come from, as typed. */
export type SourcePlan =
  /** `name` undefined: the one that the connections pass. */
  | { readonly kind: 'interface'; readonly name: string | undefined; readonly captureWith: CaptureWith }
  | { readonly kind: 'ssh'; readonly host: SshHost; readonly interface: string; readonly retries: number }
  | { readonly kind: 'server'; readonly server: CaptureServer; readonly retries: number };

/** What a shell, or ssh where it runs a ProxyCommand, could take for more than a name. */
const NOT_IN_A_HOST = /[\s\p{Cc}\p{Cf}'"`$\\;&<>|(){}*?!#]/u;

/** @throws UsageError */
export function planSource(args: SniffArguments): SourcePlan {
  const { ssh, connect } = args;
  if (ssh !== undefined && connect !== undefined) throw new UsageError('--ssh and --connect: one of them');
  if (ssh === undefined) refuse(args, ['sshSudo', 'sshOption'], 'needs --ssh HOST');
  if (ssh === undefined && connect === undefined) {
    refuse(args, ['retries'], 'needs --ssh or --connect');
    return { kind: 'interface', name: args.interface, captureWith: args.captureWith };
  }
  const retries = parseRetries(args.retries);
  if (connect !== undefined) {
    refuse(
      args,
      ['interface', 'filter', 'bufferSize', 'snaplen'],
      'is for who captures; --connect takes what it is given',
    );
    if (args.captureWith !== 'auto') throw new UsageError('--capture-with does not go with --connect');
    return { kind: 'server', server: parseServer(connect), retries };
  }
  if (args.captureWith !== 'auto' && args.captureWith !== 'tcpdump')
    throw new UsageError(`--ssh runs tcpdump there, not ${args.captureWith}`);
  const host = {
    destination: parseDestination(ssh!),
    options: parseOptions(args.sshOption),
    sudo: args.sshSudo,
  };
  return { kind: 'ssh', host, interface: args.interface ?? ANY, retries };
}

function refuse(args: SniffArguments, names: (keyof SniffArguments)[], why: string): void {
  for (const name of names)
    if (args[name] !== undefined && args[name] !== false)
      throw new UsageError(`--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} ${why}`);
}

function parseDestination(text: string): string {
  if (text === '' || text.startsWith('-') || NOT_IN_A_HOST.test(text))
    throw new UsageError(`--ssh: not a host: ${text} (as in HOST, USER@HOST or ssh://USER@HOST:2222)`);
  return text;
}

function parseOptions(options: readonly string[] = []): readonly string[] {
  for (const option of options)
    if (!/^[A-Za-z]+[= ]./.test(option))
      throw new UsageError(
        `--ssh-option: not NAME=VALUE: ${option} (as in Port=2222; man ssh_config has them)`,
      );
  return options;
}

function parseRetries(retries: number | undefined): number {
  if (retries === undefined) return Number.POSITIVE_INFINITY;
  if (!Number.isSafeInteger(retries) || retries < 0)
    throw new UsageError(`--retries: not a whole number: ${retries}`);
  return retries;
}

/** `HOST:PORT`, `[::1]:PORT`. @throws UsageError */
function parseServer(text: string): CaptureServer {
  const groups = /^(?:TCP@)?(?:\[(?<v6>[^\]]+)\]|(?<name>[^:[\]]+)):(?<port>\d{1,5})$/i.exec(text)?.groups;
  const port = Number(groups?.port);
  const host = groups?.v6 ?? groups?.name ?? '';
  const isHost = groups?.v6 === undefined ? /^[\w.-]+$/.test(host) : isIP(host) === 6;
  if (!isHost || port < 1 || port > 65_535)
    throw new UsageError(`--connect: not a host and a port: ${text} (as in 192.0.2.7:57012 or [::1]:57012)`);
  return { host, port };
}

import type { AnalyzerOptions } from '../analyzer.js';
import { PacketFilter } from '../packet-filter.js';
import type { Link } from '../replication/model.js';
import type { TextOptions } from '../report/options.js';
import { UsageError } from './errors.js';
import { type CaptureArguments, STANDARD_INPUT_TOKEN, type TextArguments } from './flags.js';
import { outputWidth } from './output.js';
import { chooseColours, wantsAscii } from './terminal.js';
import { parseTimeOption } from './time-option.js';

/** What the commands run with: typed arguments, checked. */
export interface CaptureSelection {
  paths: string[];
  reader: 'native' | 'pcap-parser';
  strict: boolean;
  filter: Pick<AnalyzerOptions, 'ports' | 'hosts' | 'since' | 'until' | 'keepLink'>;
}

/** @throws UsageError */
export function selectCaptures(args: CaptureArguments): CaptureSelection {
  const typed = [...(args.files ?? []), ...(args.read ?? [])];
  const paths = typed.map((path) => (path === STANDARD_INPUT_TOKEN ? '-' : path));
  if (paths.length === 0) throw new UsageError('no capture named: give a file, or - to read standard input');
  checkPorts(args.port ?? []);
  const zone = args.local ? 'local' : 'utc';
  const filter: CaptureSelection['filter'] = {
    ports: args.port,
    hosts: args.host,
    since: args.since === undefined ? undefined : parseTimeOption('since', args.since, zone),
    until: args.until === undefined ? undefined : parseTimeOption('until', args.until, zone),
    keepLink: args.link === undefined ? undefined : keepLinks(args.link),
  };
  try {
    new PacketFilter(filter);
  } catch (error) {
    throw new UsageError(`--host: ${(error as Error).message}`);
  }
  return { paths, reader: args.reader, strict: args.strict, filter };
}

/** @throws UsageError */
export function checkPorts(ports: readonly number[]): void {
  for (const port of ports)
    if (!Number.isInteger(port) || port < 1 || port > 65535)
      throw new UsageError(`--port: not a TCP port: ${port}`);
}

/** @throws UsageError for `-` where a file is needed. */
export function refuseStandardOutput(flag: string, path: string | undefined): void {
  if (path === STANDARD_INPUT_TOKEN) throw new UsageError(`--${flag} -: give a file`);
}

export function textOptions(args: TextArguments): TextOptions {
  return {
    width: outputWidth(),
    chalk: chooseColours(args.color),
    ascii: args.ascii ?? wantsAscii(),
    zone: args.local ? 'local' : 'utc',
  };
}

export type LinkFilter = (link: Link) => boolean;

/** Links whose id contains one of these texts. */
export function keepLinks(texts: readonly string[]): LinkFilter {
  return (link) => texts.some((text) => link.id.includes(text));
}

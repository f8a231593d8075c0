import type { Argv } from 'yargs';
import type { AnalyzerOptions } from '../analyzer.js';
import { PacketFilter } from '../packet-filter.js';
import type { Link } from '../replication/model.js';
import type { TextOptions } from '../report/options.js';
import { UsageError } from './errors.js';
import { chooseColours, outputWidth, wantsAscii } from './output.js';
import { parseTimeOption } from './time-option.js';

/** What was typed: flags that all commands which read captures share. */
export interface CaptureArguments {
  files: string[] | undefined;
  read: string[] | undefined;
  port: number[] | undefined;
  host: string[] | undefined;
  link: string[] | undefined;
  since: string | undefined;
  until: string | undefined;
  reader: 'native' | 'pcap-parser';
  strict: boolean;
  json: boolean;
  local: boolean;
  color: 'auto' | 'always' | 'never';
  ascii: boolean | undefined;
}

/** What the commands run with: typed arguments, checked. */
export interface CaptureSelection {
  paths: string[];
  reader: 'native' | 'pcap-parser';
  strict: boolean;
  filter: Pick<AnalyzerOptions, 'ports' | 'hosts' | 'since' | 'until' | 'keepLink'>;
}

/** Declares the shared flags. */
export function captureOptions(yargs: Argv): Argv<CaptureArguments> {
  return yargs
    .positional('files', {
      type: 'string',
      array: true,
      describe: 'Captures: pcap or pcapng, gzipped or not; - reads standard input',
    })
    .option('read', {
      alias: 'r',
      type: 'string',
      array: true,
      nargs: 1,
      describe: 'A capture, as tcpdump and tshark have it',
    })
    .option('port', {
      alias: 'p',
      type: 'number',
      array: true,
      nargs: 1,
      describe: 'Only connections with this port (repeatable)',
    })
    .option('host', {
      type: 'string',
      array: true,
      nargs: 1,
      describe: 'Only connections with this address (repeatable)',
    })
    .option('link', {
      type: 'string',
      array: true,
      nargs: 1,
      describe: 'Only links whose id contains this text (repeatable)',
    })
    .option('since', {
      type: 'string',
      nargs: 1,
      describe: 'Only from this time on: +90s, 07:51:04, 2026-11-21T07:51:04Z',
    })
    .option('until', { type: 'string', nargs: 1, describe: 'Only up to this time' })
    .option('reader', {
      choices: ['native', 'pcap-parser'] as const,
      default: 'native' as const,
      describe: 'What reads the files',
    })
    .option('strict', {
      type: 'boolean',
      default: false,
      describe: 'Exit with 3 when a capture is cut short or damaged',
    })
    .option('json', { type: 'boolean', default: false, describe: 'Machine-readable output' })
    .option('local', { type: 'boolean', default: false, describe: 'Times in the local zone instead of UTC' })
    .option('color', {
      choices: ['auto', 'always', 'never'] as const,
      default: 'auto' as const,
      describe: 'Colours; NO_COLOR and FORCE_COLOR count too',
    })
    .option('ascii', {
      type: 'boolean',
      describe: 'Plain ASCII instead of arrows and blocks',
    }) as Argv<CaptureArguments>;
}

/** @throws UsageError */
export function selectCaptures(args: CaptureArguments): CaptureSelection {
  const paths = [...(args.files ?? []), ...(args.read ?? [])];
  if (paths.length === 0) throw new UsageError('no capture named: give a file, or - to read standard input');
  for (const port of args.port ?? [])
    if (!Number.isInteger(port) || port < 1 || port > 65535)
      throw new UsageError(`--port: not a TCP port: ${port}`);
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

export function textOptions(args: CaptureArguments): TextOptions {
  return {
    width: outputWidth(),
    chalk: chooseColours(args.color),
    ascii: args.ascii ?? wantsAscii(),
    zone: args.local ? 'local' : 'utc',
  };
}

function keepLinks(texts: readonly string[]): (link: Link) => boolean {
  return (link) => texts.some((text) => link.id.includes(text));
}

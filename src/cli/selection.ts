import { randomBytes } from 'node:crypto';
import type { AnalyzerOptions } from '../analyzer.js';
import { PacketFilter } from '../packet-filter.js';
import type { Link } from '../replication/model.js';
import { Disguise } from '../report/disguise.js';
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
  filter: Pick<AnalyzerOptions, 'ports' | 'hosts' | 'since' | 'until' | 'keepLink' | 'redact'>;
}

/** @throws UsageError */
export function selectCaptures(args: CaptureArguments): CaptureSelection {
  const typed = [...(args.files ?? []), ...(args.read ?? [])];
  const paths = typed.map((path) => (path === STANDARD_INPUT_TOKEN ? '-' : path));
  if (paths.length === 0) throw new UsageError('no capture named: give a file, or - to read standard input');
  const zone = args.local ? 'local' : 'utc';
  const filter: CaptureSelection['filter'] = {
    ports: args.port,
    hosts: args.host,
    since: args.since === undefined ? undefined : parseTimeOption('since', args.since, zone),
    until: args.until === undefined ? undefined : parseTimeOption('until', args.until, zone),
    keepLink: args.link === undefined ? undefined : keepLinks(args.link),
    redact: typedDisguise(args),
  };
  try {
    new PacketFilter(filter);
  } catch (error) {
    throw new UsageError(`--host: ${(error as Error).message}`);
  }
  return { paths, reader: args.reader, strict: args.strict, filter };
}

/** Bytes of a secret that nobody is told. */
const SECRET_BYTES = 32;

/** What hides keys and values; undefined: nothing is hidden. @throws UsageError */
export function typedDisguise({
  redact,
  redactWith,
}: Pick<CaptureArguments, 'redact' | 'redactWith'>): Disguise | undefined {
  if (redact === undefined) {
    if (redactWith !== undefined) throw new UsageError('--redact-with needs --redact keys, values or all');
    return undefined;
  }
  return new Disguise(redact, redactWith === undefined ? randomBytes(SECRET_BYTES) : Buffer.from(redactWith));
}

/** @throws UsageError where what is asked for cannot be hidden. */
export function refuseRedacted(redact: unknown, flag: string): void {
  if (redact !== undefined)
    throw new UsageError(
      `${flag} hands on the bytes as they are: leave out --redact (psyncscope scrub overwrites them)`,
    );
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

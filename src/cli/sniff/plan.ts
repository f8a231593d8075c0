import type { Thresholds } from '../../analysis/findings/thresholds.js';
import type { LiveOptions } from '../../capture/live/types.js';
import { DEFAULT_SNAPLEN } from '../../capture/live/types.js';
import { PacketFilter } from '../../packet-filter.js';
import type { Disguise } from '../../report/disguise.js';
import { UsageError } from '../errors.js';
import { type MetricsAddress, parseMetricsAddress } from '../live/metrics-address.js';
import { type OtlpEndpoint, parseOtlpEndpoint } from '../otlp/endpoint.js';
import {
  keepLinks,
  type LinkFilter,
  refuseRedacted,
  refuseStandardOutput,
  typedDisguise,
} from '../selection.js';
import { typedThresholds } from '../threshold-flags.js';
import { parseDuration } from './duration.js';
import type { SniffArguments } from './flags.js';
import { planSource, type SourcePlan } from './plan-source.js';
import type { RecorderOptions } from './recorder.js';

/** What is printed while the capture runs. */
export type SniffView = 'events' | 'json' | 'stat' | 'top' | 'none';

/** What `sniff` does: typed arguments, checked. */
export interface SniffPlan {
  readonly source: SourcePlan;
  readonly ports: readonly number[];
  readonly userFilter: string;
  readonly limits: Pick<LiveOptions, 'snaplen' | 'bufferBytes'>;
  /** Ends after so many packets, and after so many ms; null: without end. */
  readonly packets: number | null;
  readonly durationMs: number | null;
  readonly record: RecorderOptions | null;
  readonly view: SniffView;
  readonly statMs: number;
  readonly metrics: MetricsAddress | null;
  readonly otlp: OtlpEndpoint | null;
  readonly hosts: string[] | undefined;
  readonly keepLink: LinkFilter | undefined;
  /** From when on something is a finding. */
  readonly thresholds: Partial<Thresholds>;
  readonly redact: Disguise | undefined;
  /** What runs while it captures; null: it captures until it is stopped. */
  readonly command: readonly string[] | null;
}

/** -C counts as tcpdump does, in millions of bytes; -B in KiB. */
const MILLION = 1_000_000;
const KIB = 1024;

const DEFAULT_STAT_MS = 1000;

/** @throws UsageError */
export function planSniff(args: SniffArguments): SniffPlan {
  const ports = args.port ?? [];
  const snaplen = args.snaplen === 0 ? undefined : whole('snaplen', args.snaplen);
  const bufferKib = whole('buffer-size', args.bufferSize);
  refuseStandardOutput('summary', args.summary);
  refuseStandardOutput('report', args.report);
  checkHosts(args.host);
  const command = args['--'] === undefined ? null : args['--'].map(String);
  return {
    source: planSource(args),
    ports,
    userFilter: args.filter ?? '',
    limits: { snaplen, bufferBytes: bufferKib === undefined ? undefined : bufferKib * KIB },
    packets: whole('count', args.count) ?? null,
    durationMs: args.duration === undefined ? null : parseDuration('duration', args.duration),
    record: planRecord(args, snaplen ?? DEFAULT_SNAPLEN),
    view: planView(args),
    statMs: args.stat === undefined || args.stat === '' ? DEFAULT_STAT_MS : parseDuration('stat', args.stat),
    metrics: args.metrics === undefined ? null : parseMetricsAddress(args.metrics),
    otlp: args.otlp === undefined ? null : parseOtlpEndpoint(args.otlp),
    hosts: args.host,
    keepLink: args.link === undefined ? undefined : keepLinks(args.link),
    thresholds: typedThresholds(args),
    redact: typedDisguise(args),
    command,
  };
}

/** @throws UsageError */
function checkHosts(hosts: readonly string[] | undefined): void {
  try {
    new PacketFilter({ hosts });
  } catch (error) {
    throw new UsageError(`--host: ${(error as Error).message}`);
  }
}

function planRecord(args: SniffArguments, snaplen: number): RecorderOptions | null {
  const millions = whole('file-size', args.fileSize);
  const files = whole('files', args.files) ?? null;
  if (args.write === undefined) {
    if (millions !== undefined || files !== null) throw new UsageError('-C and -W need -w FILE');
    return null;
  }
  refuseStandardOutput('write', args.write);
  refuseRedacted(args.redact, '-w');
  if (files !== null && millions === undefined) throw new UsageError('-W needs -C, the size of a file');
  return { path: args.write, fileBytes: millions === undefined ? null : millions * MILLION, files, snaplen };
}

function planView(args: SniffArguments): SniffView {
  const wanted: [flag: string, view: SniffView, is: boolean][] = [
    ['--json', 'json', args.json],
    ['--stat', 'stat', args.stat !== undefined],
    ['--top', 'top', args.top],
    ['--quiet', 'none', args.quiet],
  ];
  const chosen = wanted.filter(([, , is]) => is);
  if (args.top && args['--'] !== undefined)
    throw new UsageError('--top and a command would share one terminal: leave out --top');
  if (chosen.length > 1) throw new UsageError(`${chosen.map(([flag]) => flag).join(' and ')}: one of them`);
  const view = chosen[0]?.[1];
  if (view !== undefined) return view;
  // The command's own output is what its caller wants to see.
  return args['--'] === undefined ? 'events' : 'none';
}

/** A flag that counts. @throws UsageError */
function whole(flag: string, value: number | undefined): number | undefined {
  if (value !== undefined && !(Number.isSafeInteger(value) && value > 0))
    throw new UsageError(`--${flag}: not a whole number above 0: ${value}`);
  return value;
}

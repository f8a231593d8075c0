import type { Argv } from 'yargs';
import type { Hidden } from '../report/disguise.js';
import { JOBS_OPTION, type JobsArguments } from './jobs/jobs-flag.js';
import { OTLP_OPTION, type OtlpArguments } from './otlp/endpoint.js';
import { PORT_OPTION } from './port-option.js';
import { type ThresholdArguments, thresholdOptions } from './threshold-flags.js';

/** Stands for the word `-` while yargs parses, which would take it for a flag without a name. */
export const STANDARD_INPUT_TOKEN = '\0-';

/** How text for people is printed. */
export interface TextArguments {
  local: boolean;
  color: 'auto' | 'always' | 'never';
  ascii: boolean | undefined;
}

/** What was typed: flags that all commands which read captures share. */
export interface CaptureArguments extends TextArguments {
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
  redact: Hidden | undefined;
  redactWith: string | undefined;
}

export interface ReplayArguments extends CaptureArguments, ThresholdArguments, JobsArguments, OtlpArguments {
  commands: boolean;
  acks: boolean;
  quiet: boolean;
  summary: string | undefined;
  aof: string | undefined;
}

export interface TimelineArguments extends CaptureArguments, ThresholdArguments {
  all: boolean;
  format: 'text' | 'markdown' | 'json';
}

export interface RdbArguments extends CaptureArguments {
  top: number;
  keys: boolean;
  match: string[] | undefined;
  type: string[] | undefined;
  db: number[] | undefined;
  save: string | undefined;
}

export interface SummaryArguments extends CaptureArguments, ThresholdArguments, JobsArguments, OtlpArguments {
  format: 'table' | 'markdown' | 'json';
}

/** What narrows a capture, whether read or live. */
export const HOST_OPTION = {
  type: 'string',
  array: true,
  nargs: 1,
  describe: 'Only connections with this address (repeatable)',
} as const;
export const LINK_OPTION = {
  type: 'string',
  array: true,
  nargs: 1,
  describe: 'Only links whose id contains this text (repeatable)',
} as const;

/** Keys and values behind pseudonyms. */
export const REDACT_OPTION = {
  choices: ['keys', 'values', 'all'] as const,
  describe: 'Show pseudonyms instead of the names of keys, values of commands, or both',
} as const;
export const REDACT_WITH_OPTION = {
  type: 'string',
  nargs: 1,
  describe: 'With --redact: pseudonyms are the same in all runs with this text',
} as const;

/** Declares the shared flags. */
export function captureOptions(
  yargs: Argv,
  files = 'Captures: pcap or pcapng, gzipped or not; - reads standard input',
): Argv<CaptureArguments> {
  const capture = yargs
    .positional('files', {
      type: 'string',
      array: true,
      describe: files,
    })
    .option('read', {
      alias: 'r',
      type: 'string',
      array: true,
      nargs: 1,
      describe: 'A capture, as tcpdump and tshark have it',
    })
    .option('port', { ...PORT_OPTION, describe: 'Only connections with this port (repeatable)' })
    .option('host', HOST_OPTION)
    .option('link', LINK_OPTION)
    .option('since', {
      type: 'string',
      nargs: 1,
      describe: 'Only from this time on: +90s, 07:51:04, 2026-11-21T07:51:04Z',
    })
    .option('until', { type: 'string', nargs: 1, describe: 'Only up to this time' })
    .option('redact', REDACT_OPTION)
    .option('redact-with', REDACT_WITH_OPTION)
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
    .option('json', { type: 'boolean', default: false, describe: 'Machine-readable output' });
  return textFlags(capture) as unknown as Argv<CaptureArguments>;
}

/** Declares the flags of text for people. */
export function textFlags<T>(yargs: Argv<T>): Argv<T & TextArguments> {
  return yargs
    .option('local', { type: 'boolean', default: false, describe: 'Times in the local zone instead of UTC' })
    .option('color', {
      choices: ['auto', 'always', 'never'] as const,
      default: 'auto' as const,
      describe: 'Colours; NO_COLOR and FORCE_COLOR count too',
    })
    .option('ascii', {
      type: 'boolean',
      describe: 'Plain ASCII instead of arrows and blocks',
    }) as Argv<T & TextArguments>;
}

export function declareReplay(yargs: Argv): Argv<ReplayArguments> {
  return thresholdOptions(captureOptions(yargs))
    .option('commands', {
      type: 'boolean',
      default: false,
      describe: 'Every command of the streams, one a line',
    })
    .option('acks', { type: 'boolean', default: false, describe: 'Every acknowledgement' })
    .option('quiet', { alias: 'q', type: 'boolean', default: false, describe: 'Print no events' })
    .option('summary', {
      type: 'string',
      nargs: 1,
      describe: 'Write the summary document to this file at the end',
    })
    .option('aof', {
      type: 'string',
      nargs: 1,
      describe: 'Write the command stream of one link to this file (or -), for redis-cli --pipe',
    })
    .option('otlp', OTLP_OPTION)
    .option('jobs', JOBS_OPTION)
    .example('$0 replay cap.pcap', 'What happened, in the order it happened')
    .example('tcpdump -i lo -U -w - port 6379 | $0 replay -', 'The same while it happens')
    .example('$0 replay --aof - cap.pcap | redis-cli --pipe', 'Apply what was replicated to another server')
    .example('$0 replay --json cap.pcap | jq .', 'One event a line')
    .example(
      '$0 replay --json --jobs captures/',
      'Of each capture in a folder by itself',
    ) as Argv<ReplayArguments>;
}

export function declareTimeline(yargs: Argv): Argv<TimelineArguments> {
  return thresholdOptions(captureOptions(yargs))
    .option('all', { type: 'boolean', default: false, describe: 'Every session, however many' })
    .option('format', {
      choices: ['text', 'markdown', 'json'] as const,
      default: 'text' as const,
      describe: 'How it is printed',
    })
    .example('$0 timeline cap.pcap', 'Each link: sessions, decisions, payloads, lag')
    .example('$0 timeline --format markdown cap.pcap', 'To paste into an issue') as Argv<TimelineArguments>;
}

export function declareRdb(yargs: Argv): Argv<RdbArguments> {
  return captureOptions(
    yargs,
    'Captures (pcap or pcapng) and RDB files, gzipped or not; - reads standard input',
  )
    .option('top', {
      type: 'number',
      nargs: 1,
      default: 10,
      describe: 'How many of the biggest keys are named',
    })
    .option('keys', { type: 'boolean', default: false, describe: 'One JSON line a key instead of tables' })
    .option('match', {
      type: 'string',
      array: true,
      nargs: 1,
      describe: 'With --keys: only names that fit this pattern (repeatable)',
    })
    .option('type', {
      type: 'string',
      array: true,
      nargs: 1,
      describe: 'With --keys: only this type (repeatable)',
    })
    .option('db', {
      type: 'number',
      array: true,
      nargs: 1,
      describe: 'With --keys: only this database (repeatable)',
    })
    .option('save', {
      type: 'string',
      nargs: 1,
      describe: 'Write each whole payload as an .rdb file to this folder',
    })
    .example('$0 rdb cap.pcap', 'What the payloads hold')
    .example("$0 rdb --keys --match 'user:*' dump.rdb", 'Keys, one a line')
    .example('$0 rdb --save out cap.pcap', 'Payloads as loadable files') as Argv<RdbArguments>;
}

export function declareSummary(yargs: Argv): Argv<SummaryArguments> {
  return thresholdOptions(captureOptions(yargs))
    .option('format', {
      choices: ['table', 'markdown', 'json'] as const,
      default: 'table' as const,
      describe: 'How it is printed',
    })
    .option('otlp', OTLP_OPTION)
    .option('jobs', JOBS_OPTION)
    .example('$0 summary cap.pcap', 'The table of links')
    .example(
      "$0 summary --json cap.pcap | jq '.links[].fullResyncs'",
      'The summary document',
    ) as Argv<SummaryArguments>;
}

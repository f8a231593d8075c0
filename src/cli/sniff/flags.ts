import type { Argv } from 'yargs';
import {
  type CaptureArguments,
  HOST_OPTION,
  LINK_OPTION,
  REDACT_OPTION,
  REDACT_WITH_OPTION,
  type TextArguments,
  textFlags,
} from '../flags.js';
import { OTLP_OPTION, type OtlpArguments } from '../otlp/endpoint.js';
import { PORT_OPTION } from '../port-option.js';
import { type ThresholdArguments, thresholdOptions } from '../threshold-flags.js';

export interface SniffArguments
  extends TextArguments,
    ThresholdArguments,
    OtlpArguments,
    Pick<CaptureArguments, 'redact' | 'redactWith'> {
  interface: string | undefined;
  port: number[] | undefined;
  filter: string | undefined;
  write: string | undefined;
  fileSize: number | undefined;
  files: number | undefined;
  bufferSize: number | undefined;
  snaplen: number | undefined;
  count: number | undefined;
  duration: string | undefined;
  host: string[] | undefined;
  link: string[] | undefined;
  ssh: string | undefined;
  sshOption: string[] | undefined;
  sshSudo: boolean;
  connect: string | undefined;
  retries: number | undefined;
  captureWith: 'auto' | 'dumpcap' | 'tcpdump' | 'cap';
  commands: boolean;
  acks: boolean;
  json: boolean;
  quiet: boolean;
  stat: string | undefined;
  top: boolean;
  metrics: string | undefined;
  summary: string | undefined;
  report: string | undefined;
  check: string[] | undefined;
  reporter: string[] | undefined;
  /** Behind `--`: what to run while capturing. */
  '--': (string | number)[] | undefined;
}

export function declareSniff(yargs: Argv): Argv<SniffArguments> {
  const sniff = yargs
    .usage('$0 sniff [options] [-- COMMAND ...]')
    .parserConfiguration({ 'populate--': true })
    .option('interface', {
      alias: 'i',
      type: 'string',
      nargs: 1,
      describe: 'Interface: its name, an address it has, or any',
    })
    .option('port', { ...PORT_OPTION, describe: 'Only this TCP port (repeatable); all unless told' })
    .option('filter', {
      alias: 'f',
      type: 'string',
      nargs: 1,
      describe: 'A capture filter besides (pcap-filter)',
    })
    .option('write', {
      alias: 'w',
      type: 'string',
      nargs: 1,
      describe: 'Save what is seen to this file (pcap, or .gz)',
    })
    .option('file-size', {
      alias: 'C',
      type: 'number',
      nargs: 1,
      describe: 'With -w: next file after so many MB',
    })
    .option('files', { alias: 'W', type: 'number', nargs: 1, describe: 'With -C: so many files, in turn' })
    .option('buffer-size', { alias: 'B', type: 'number', nargs: 1, describe: "The kernel's buffer, KiB" })
    .option('snaplen', { alias: 's', type: 'number', nargs: 1, describe: 'Bytes kept of a packet; 0: all' })
    .option('count', { alias: 'c', type: 'number', nargs: 1, describe: 'Stop after so many packets' })
    .option('duration', { type: 'string', nargs: 1, describe: 'Stop after this time: 90s, 5m, 2h' })
    .option('host', HOST_OPTION)
    .option('link', LINK_OPTION)
    .option('redact', REDACT_OPTION)
    .option('redact-with', REDACT_WITH_OPTION)
    .option('capture-with', {
      choices: ['auto', 'dumpcap', 'tcpdump', 'cap'] as const,
      default: 'auto' as const,
      describe: 'What captures',
    })
    .option('ssh', {
      type: 'string',
      nargs: 1,
      describe: 'Capture on this host, with tcpdump over ssh: HOST, USER@HOST, ssh://USER@HOST:PORT',
    })
    .option('ssh-option', {
      type: 'string',
      array: true,
      nargs: 1,
      describe: 'With --ssh: an option as ssh -o has it, NAME=VALUE (repeatable)',
    })
    .option('ssh-sudo', { type: 'boolean', default: false, describe: 'With --ssh: sudo -n tcpdump' })
    .option('connect', {
      type: 'string',
      nargs: 1,
      describe: 'Read the capture that HOST:PORT hands over (pcap over IP)',
    })
    .option('retries', {
      type: 'number',
      nargs: 1,
      describe:
        'With --ssh, --connect: end after so many failed attempts to get back; without end unless told',
    })
    .option('commands', { type: 'boolean', default: false, describe: 'Every command of the streams' })
    .option('acks', { type: 'boolean', default: false, describe: 'Every acknowledgement' })
    .option('json', { type: 'boolean', default: false, describe: 'The events, one a line (NDJSON)' })
    .option('quiet', { alias: 'q', type: 'boolean', default: false, describe: 'Print no events' })
    .option('stat', { type: 'string', describe: 'One line a link every second, or every so many' })
    .option('top', { type: 'boolean', default: false, describe: 'A screen of links, redrawn each second' })
    .option('metrics', { type: 'string', nargs: 1, describe: 'Serve Prometheus metrics at [ADDR:]PORT' })
    .option('otlp', OTLP_OPTION)
    .option('summary', { type: 'string', nargs: 1, describe: 'Write the summary document here at the end' })
    .option('report', { type: 'string', nargs: 1, describe: 'Write an HTML page of it all here at the end' })
    .option('check', {
      type: 'string',
      array: true,
      nargs: 1,
      describe: 'At the end check this assertion file (repeatable): exit code 1 when it fails',
    })
    .option('reporter', {
      type: 'string',
      array: true,
      nargs: 1,
      describe: 'With --check: human, junit, tap, github or json; NAME=FILE writes to a file (repeatable)',
    });
  return thresholdOptions(textFlags(sniff))
    .example('$0 sniff -i lo -p 6379', 'What happens on the links, until Ctrl-C')
    .example('$0 sniff -p 6379 --top', 'The same as a screen')
    .example(
      '$0 sniff -p 6379 --stat 10s -w cap.pcap -C 100 -W 10',
      'A log, and the last gigabyte of packets',
    )
    .example('$0 sniff --ssh db1 -p 6379', 'What happens on another host')
    .example(
      '$0 sniff -p 6379 --summary out.json -- npm test',
      'While a test suite runs',
    ) as unknown as Argv<SniffArguments>;
}

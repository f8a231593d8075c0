import type { Argv } from 'yargs';
import { type CaptureArguments, captureOptions } from './flags.js';
import { type ThresholdArguments, thresholdOptions } from './threshold-flags.js';

/** Flags of `psyncscope check`. */
export interface CheckArguments extends CaptureArguments, ThresholdArguments {
  assertions: string[] | undefined;
  expr: string[] | undefined;
  maxLagBytes: string | undefined;
  maxLag: string | undefined;
  maxFullResyncs: number | undefined;
  maxReconnects: number | undefined;
  maxSyncTime: string | undefined;
  'no-gaps': boolean | undefined;
  requireOnline: boolean | undefined;
  failOn: 'warning' | 'error' | undefined;
  reporter: string[] | undefined;
  merge: boolean;
  init: boolean;
  baseline: string | undefined;
  tolerance: string[] | undefined;
}

export function declareCheck(yargs: Argv): Argv<CheckArguments> {
  const group = 'Common assertions:';
  const limit = (type: 'string' | 'number', describe: string) =>
    ({ type, nargs: 1, describe, group }) as const;
  const is = (describe: string) => ({ type: 'boolean', describe, group }) as const;
  const captures = captureOptions(
    yargs.parserConfiguration({ 'boolean-negation': false }),
    'Captures, each checked by itself; .yaml files among them are assertion files',
  );
  const check = captures
    .option('assertions', {
      alias: 'a',
      type: 'string',
      array: true,
      nargs: 1,
      describe: 'An assertion file (repeatable)',
    })
    .option('expr', {
      alias: 'e',
      type: 'string',
      array: true,
      nargs: 1,
      describe: 'An expression (CEL) over the summary that must be true (repeatable)',
    })
    .option('max-lag-bytes', limit('string', 'Bytes sent and not acknowledged, at most: 64kb, 1mb'))
    .option('max-lag', limit('string', 'Age of the oldest byte not acknowledged: 1500ms, 5s'))
    .option('max-full-resyncs', limit('number', 'Full resyncs of a link, at most'))
    .option('max-reconnects', limit('number', 'Reconnects of a link, at most'))
    .option('max-sync-time', limit('string', 'A full sync, decision to first ACK: 30s'))
    .option('no-gaps', is('The capture has lost nothing of the links'))
    .option('require-online', is('The latest connection of each link came online'))
    .option('fail-on', {
      choices: ['warning', 'error'] as const,
      describe: 'Assertions and findings of this severity, or a worse one, fail',
    })
    .option('reporter', {
      type: 'string',
      array: true,
      nargs: 1,
      describe: 'human, junit, tap, github or json; NAME=FILE writes to a file (repeatable)',
    })
    .option('merge', {
      type: 'boolean',
      default: false,
      describe: 'The captures are one, cut in pieces: check them together',
    })
    .option('init', {
      type: 'boolean',
      default: false,
      describe: 'Print a starter assertion file of what the capture shows',
    })
    .option('baseline', {
      type: 'string',
      nargs: 1,
      describe: 'An older summary (summary --json): tell what got worse',
    })
    .option('tolerance', {
      type: 'string',
      array: true,
      nargs: 1,
      describe: 'With --baseline: how much worse, 1.5 or lag.maxMs=3 (repeatable)',
    });
  return thresholdOptions(check)
    .example('$0 check cap.pcap --max-full-resyncs 1 --no-gaps', 'Common assertions')
    .example("$0 check cap.pcap -e 'links.all(l, l.reconnects == 0)'", 'One of your own')
    .example('$0 check replication.yaml --reporter human --reporter junit=out.xml', 'A file, for CI')
    .example(
      '$0 check --init cap.pcap > replication.yaml',
      'To begin with',
    ) as unknown as Argv<CheckArguments>;
}

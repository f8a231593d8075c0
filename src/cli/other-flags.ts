import type { Argv } from 'yargs';
import { type TextArguments, textFlags } from './flags.js';

/** Flags of the commands that read no capture. */

export interface InterfacesArguments extends TextArguments {
  json: boolean;
}

export interface DemoArguments extends TextArguments {
  scenario: string | undefined;
  list: boolean;
  save: string | undefined;
  fast: boolean;
  seed: number;
  commands: boolean;
  acks: boolean;
  json: boolean;
}

export function declareInterfaces(yargs: Argv): Argv<InterfacesArguments> {
  const interfaces = yargs.option('json', {
    type: 'boolean',
    default: false,
    describe: 'Machine-readable output',
  });
  return textFlags(interfaces) as Argv<InterfacesArguments>;
}

export function declareDemo(yargs: Argv): Argv<DemoArguments> {
  const demo = yargs
    .positional('scenario', { type: 'string', describe: 'Which story; the tour unless told' })
    .option('list', { type: 'boolean', default: false, describe: 'Name the stories' })
    .option('save', { type: 'string', nargs: 1, describe: 'Write the packets to this file (pcap)' })
    .option('fast', {
      type: 'boolean',
      default: false,
      describe: 'On a simulated network, in no time',
    })
    .option('seed', {
      type: 'number',
      nargs: 1,
      default: 1,
      describe: 'With --fast: the same seed gives the same packets',
    })
    .option('commands', { type: 'boolean', default: false, describe: 'Every command of the streams' })
    .option('acks', { type: 'boolean', default: false, describe: 'Every acknowledgement' })
    .option('json', { type: 'boolean', default: false, describe: 'The events, one a line (NDJSON)' });
  return textFlags(demo)
    .example('$0 demo', 'A sync, a cut, a partial resync, a replica that lags')
    .example('$0 demo failover --fast', 'Another story, at once')
    .example(
      '$0 demo backlog-miss --fast --save x.pcap',
      'Its packets, for this or any other tool',
    ) as Argv<DemoArguments>;
}

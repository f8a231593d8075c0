import type { Argv } from 'yargs';
import type { Hidden } from '../report/disguise.js';

export interface ScrubArguments {
  input: string;
  output: string;
  redact: Hidden | undefined;
  redactWith: string | undefined;
}

export function declareScrub(yargs: Argv): Argv<ScrubArguments> {
  return yargs
    .positional('input', {
      type: 'string',
      demandOption: true,
      describe: 'A capture: pcap or pcapng, gzipped or not',
    })
    .positional('output', {
      type: 'string',
      demandOption: true,
      describe: 'Where the new capture goes; compressed when its name ends in .gz',
    })
    .option('redact', {
      choices: ['keys', 'values', 'all'] as const,
      describe: 'Overwrite names of keys, values, or both as well',
    })
    .option('redact-with', {
      type: 'string',
      nargs: 1,
      describe: 'With --redact: keys have the same letters in all runs with this text',
    })
    .example('$0 scrub cap.pcap clean.pcap', 'Without passwords')
    .example(
      '$0 scrub --redact all cap.pcap clean.pcap.gz',
      'Without keys and values, too',
    ) as unknown as Argv<ScrubArguments>;
}

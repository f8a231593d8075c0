import type { Argv } from 'yargs';
import { type CaptureArguments, captureOptions } from './flags.js';

export interface RatesArguments extends CaptureArguments {
  by: 'command' | 'db' | 'prefix' | undefined;
  top: number;
  separator: string;
}

export function declareRates(yargs: Argv): Argv<RatesArguments> {
  return captureOptions(yargs)
    .option('by', {
      choices: ['command', 'db', 'prefix'] as const,
      describe: "Also who takes what share of each link's stream",
    })
    .option('top', { type: 'number', nargs: 1, default: 10, describe: 'With --by: how many are named' })
    .option('separator', {
      type: 'string',
      nargs: 1,
      default: ':',
      describe: 'With --by prefix: what a prefix ends with',
    })
    .example('$0 rates cap.pcap', 'Bytes and commands a second of each link')
    .example(
      '$0 rates --by prefix --top 5 cap.pcap',
      'Which keys the stream is made of',
    ) as Argv<RatesArguments>;
}

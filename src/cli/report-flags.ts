import type { Argv } from 'yargs';
import { type CaptureArguments, captureOptions } from './flags.js';

export interface ReportArguments extends CaptureArguments {
  output: string | undefined;
}

export function declareReport(yargs: Argv): Argv<ReportArguments> {
  return captureOptions(yargs)
    .option('output', {
      alias: 'o',
      type: 'string',
      nargs: 1,
      describe: 'The file to write; standard output unless told',
    })
    .hide('json')
    .hide('color')
    .hide('ascii')
    .example('$0 report cap.pcap -o report.html', 'One page that needs nothing else')
    .example(
      '$0 report --local cap.pcap* -o report.html',
      'Rotated captures, in local time',
    ) as Argv<ReportArguments>;
}

import type { Argv } from 'yargs';
import type { FindingDocument } from '../report/document.js';
import { type CaptureArguments, captureOptions } from './flags.js';
import { type ThresholdArguments, thresholdOptions } from './threshold-flags.js';

/** Flags of `psyncscope findings`. */
export interface FindingsArguments extends CaptureArguments, ThresholdArguments {
  failOn: FindingDocument['severity'] | undefined;
  all: boolean;
}

export function declareFindings(yargs: Argv): Argv<FindingsArguments> {
  return thresholdOptions(captureOptions(yargs))
    .option('fail-on', {
      choices: ['info', 'warning', 'error'] as const,
      describe: 'Exit with 1 when there is a finding of this severity, or a worse one',
    })
    .option('all', {
      type: 'boolean',
      default: false,
      describe: 'Show each of many findings of one kind on a link; else the first three, and how many more',
    })
    .example('$0 findings cap.pcap', 'What is wrong, why, and what to set')
    .example('$0 findings --fail-on warning cap.pcap', 'For a pipeline: exit code 1 when something is')
    .example(
      '$0 findings --min-replicas 2 cap.pcap',
      'When a master with that setting would have refused writes',
    ) as unknown as Argv<FindingsArguments>;
}

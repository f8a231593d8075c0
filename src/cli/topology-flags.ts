import type { Argv } from 'yargs';
import { type CaptureArguments, captureOptions } from './flags.js';

export interface TopologyArguments extends CaptureArguments {
  at: string | undefined;
  mermaid: boolean;
  dot: boolean;
}

export function declareTopology(yargs: Argv): Argv<TopologyArguments> {
  return captureOptions(yargs)
    .option('at', {
      type: 'string',
      nargs: 1,
      describe: 'As of this time instead of the end: +90s, 07:51:04, 2026-11-21T07:51:04Z',
    })
    .option('mermaid', { type: 'boolean', default: false, describe: 'A Mermaid flowchart, for Markdown' })
    .option('dot', { type: 'boolean', default: false, describe: 'A graph for Graphviz' })
    .example('$0 topology cap.pcap', 'Who replicates from whom, and how that came about')
    .example(
      '$0 topology --dot cap.pcap | dot -Tsvg > t.svg',
      'The same as a picture',
    ) as Argv<TopologyArguments>;
}

import type { Argv } from 'yargs';
import { safeJson } from '../report/json.js';
import { summaryMarkdown } from '../report/markdown.js';
import { summaryTable } from '../report/table.js';
import { type CaptureArguments, captureOptions, selectCaptures, textOptions } from './options.js';
import { Output } from './output.js';
import { runCaptures } from './run.js';

interface SummaryArguments extends CaptureArguments {
  format: 'table' | 'markdown' | 'json';
}

export function declareSummary(yargs: Argv): Argv<SummaryArguments> {
  return captureOptions(yargs)
    .option('format', {
      choices: ['table', 'markdown', 'json'] as const,
      default: 'table' as const,
      describe: 'How it is printed',
    })
    .example('$0 summary cap.pcap', 'The table of links')
    .example(
      "$0 summary --json cap.pcap | jq '.links[].fullResyncs'",
      'The summary document',
    ) as Argv<SummaryArguments>;
}

/** `psyncscope summary`: the table of links, or the summary document. */
export async function summary(args: SummaryArguments): Promise<void> {
  const output = new Output();
  await runCaptures(selectCaptures(args), {}, (document) => {
    if (args.json || args.format === 'json') output.line(safeJson(document, 2));
    else if (args.format === 'markdown') output.line(summaryMarkdown(document));
    else output.line(summaryTable(document, textOptions(args)));
    output.flush();
  });
}

import { safeJson } from '../report/json.js';
import { summaryMarkdown } from '../report/markdown.js';
import { summaryTable } from '../report/table.js';
import type { SummaryArguments } from './flags.js';
import { Output } from './output.js';
import { runCaptures } from './run.js';
import { selectCaptures, textOptions } from './selection.js';
import { typedThresholds } from './threshold-flags.js';

/** `psyncscope summary`: the table of links, or the summary document. */
export async function summary(args: SummaryArguments): Promise<void> {
  const output = new Output();
  await runCaptures(selectCaptures(args), { analyzer: { thresholds: typedThresholds(args) } }, (document) => {
    if (args.json || args.format === 'json') output.line(safeJson(document, 2));
    else if (args.format === 'markdown') output.line(summaryMarkdown(document));
    else output.line(summaryTable(document, textOptions(args)));
    output.flush();
  });
}

import type { Thresholds } from '../analysis/findings/thresholds.js';
import { safeJson } from '../report/json.js';
import { summaryMarkdown } from '../report/markdown.js';
import { summaryTable } from '../report/table.js';
import type { SummaryArguments } from './flags.js';
import { FileOutput } from './jobs/file-output.js';
import { readApart } from './jobs/jobs.js';
import { openOtlpFile } from './otlp/open.js';
import { Output } from './output.js';
import { runCaptures } from './run.js';
import { type CaptureSelection, selectCaptures, textOptions } from './selection.js';
import { typedThresholds } from './threshold-flags.js';

/** `psyncscope summary`: the table of links, or the summary document. */
export async function summary(args: SummaryArguments): Promise<void> {
  const selection = selectCaptures(args);
  const thresholds = typedThresholds(args);
  const isJson = args.json || args.format === 'json';
  if (args.jobs !== undefined) {
    const { paths } = selection;
    const input = { command: 'summary', args, paths, isJson, elsewhere: { otlp: args.otlp } };
    return readApart(input, (path) => summaryLine(path, selection, thresholds));
  }
  const otlp = await openOtlpFile(args.otlp);
  const output = new Output();
  await runCaptures(selection, { analyzer: { thresholds } }, (document, analyzer) => {
    if (isJson) output.line(safeJson(document, 2));
    else if (args.format === 'markdown') output.line(summaryMarkdown(document));
    else output.line(summaryTable(document, textOptions(args)));
    output.flush();
    otlp?.take(document, analyzer);
  });
  await otlp?.send();
}

/** The document of one capture among several, on one line. */
async function summaryLine(
  path: string,
  selection: CaptureSelection,
  thresholds: Partial<Thresholds>,
): Promise<void> {
  const output = new FileOutput(path);
  const hooks = { analyzer: { thresholds }, isOneOfSeveral: true };
  await runCaptures({ ...selection, paths: [path] }, hooks, (document) => {
    output.line(safeJson(document));
    output.flush();
  });
}

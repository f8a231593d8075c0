import { UsageError } from './errors.js';
import { STANDARD_INPUT_TOKEN } from './flags.js';
import { Output } from './output.js';
import { ReportFeed, writePage } from './report-feed.js';
import type { ReportArguments } from './report-flags.js';
import { runCaptures } from './run.js';
import { selectCaptures } from './selection.js';

/** `psyncscope report`: captures as one HTML page. */
export async function report(args: ReportArguments): Promise<void> {
  if (args.json) throw new UsageError('report writes a page: summary --json has the document');
  const selection = selectCaptures(args);
  const path = args.output === STANDARD_INPUT_TOKEN || args.output === '-' ? undefined : args.output;
  if (args.output === undefined && process.stdout.isTTY === true)
    throw new UsageError('a page is nothing for a terminal: name a file with -o');
  const feed = new ReportFeed(args.local ? 'local' : 'utc', selection.filter.keepLink);
  const { observer } = feed;
  const onEvent = feed.event.bind(feed);
  await runCaptures(selection, { analyzer: { onEvent, observer } }, (document, analyzer) => {
    const page = feed.page(document, analyzer);
    if (path !== undefined) return writePage(path, page);
    const output = new Output();
    output.line(page.trimEnd());
    output.flush();
  });
}

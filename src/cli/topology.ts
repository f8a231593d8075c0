import { safeJson } from '../report/json.js';
import { topologyDot, topologyMermaid } from '../report/topology/graph.js';
import { topologyDocument } from '../report/topology/topology-document.js';
import { topologyText } from '../report/topology/topology-text.js';
import { UsageError } from './errors.js';
import { Output } from './output.js';
import { runCaptures } from './run.js';
import { selectCaptures, textOptions } from './selection.js';
import { parseTimeOption } from './time-option.js';
import type { TopologyArguments } from './topology-flags.js';

/** `psyncscope topology`: masters, replicas and chains as of the end, the histories they hold, and what changed. */
export async function topology(args: TopologyArguments): Promise<void> {
  if ([args.json, args.mermaid, args.dot].filter(Boolean).length > 1)
    throw new UsageError('one of --json, --mermaid and --dot, not several');
  if (args.at !== undefined && args.until !== undefined)
    throw new UsageError('--at is the end of what is read: give --at or --until, not both');
  const selection = selectCaptures(args);
  // What is later has not happened yet.
  if (args.at !== undefined)
    selection.filter.until = parseTimeOption('at', args.at, args.local ? 'local' : 'utc');
  const output = new Output();
  await runCaptures(selection, { analyzer: { biggestKeys: 0 } }, (_, analyzer) => {
    const { zone } = textOptions(args);
    const found = analyzer.topology();
    if (args.json) output.line(safeJson(topologyDocument(found), 2));
    else if (args.mermaid) output.line(topologyMermaid(found, zone));
    else if (args.dot) output.line(topologyDot(found, zone));
    else output.line(topologyText(found, textOptions(args)));
    output.flush();
  });
}

import { eventLine } from '../report/events.js';
import { timelineMarkdown } from '../report/markdown.js';
import { timelineText } from '../report/timeline.js';
import type { TimelineArguments } from './flags.js';
import { Output } from './output.js';
import { runCaptures } from './run.js';
import { selectCaptures, textOptions } from './selection.js';
import { typedThresholds } from './threshold-flags.js';

/** `psyncscope timeline`: one section a link. With --json the events, one a line. */
export async function timeline(args: TimelineArguments): Promise<void> {
  const selection = selectCaptures(args);
  const output = new Output();
  const { keepLink } = selection.filter;
  const json = args.json || args.format === 'json';
  const analyzer = json
    ? {
        onEvent: (event: Parameters<typeof eventLine>[0]) => {
          if (event.event === 'encrypted' ? keepLink === undefined : (keepLink?.(event.link) ?? true))
            output.line(eventLine(event));
        },
      }
    : {};
  await runCaptures(
    selection,
    {
      analyzer: { ...analyzer, thresholds: typedThresholds(args), biggestKeys: 0 },
      afterRun: () => output.flush(),
    },
    (document) => {
      if (args.format === 'markdown' && !json)
        output.line(timelineMarkdown(document, { all: args.all, zone: args.local ? 'local' : 'utc' }));
      else if (!json) output.line(timelineText(document, { ...textOptions(args), all: args.all }));
      output.flush();
    },
  );
}

import type { Argv } from 'yargs';
import { eventLine } from '../report/events.js';
import { timelineMarkdown } from '../report/markdown.js';
import { timelineText } from '../report/timeline.js';
import { type CaptureArguments, captureOptions, selectCaptures, textOptions } from './options.js';
import { Output } from './output.js';
import { runCaptures } from './run.js';

interface TimelineArguments extends CaptureArguments {
  all: boolean;
  format: 'text' | 'markdown' | 'json';
}

export function declareTimeline(yargs: Argv): Argv<TimelineArguments> {
  return captureOptions(yargs)
    .option('all', { type: 'boolean', default: false, describe: 'Every session, however many' })
    .option('format', {
      choices: ['text', 'markdown', 'json'] as const,
      default: 'text' as const,
      describe: 'How it is printed',
    })
    .example('$0 timeline cap.pcap', 'Each link: sessions, decisions, payloads, lag')
    .example('$0 timeline --format markdown cap.pcap', 'To paste into an issue') as Argv<TimelineArguments>;
}

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
  await runCaptures(selection, { analyzer, afterRun: () => output.flush() }, (document) => {
    if (args.format === 'markdown' && !json)
      output.line(timelineMarkdown(document, { all: args.all, zone: args.local ? 'local' : 'utc' }));
    else if (!json) output.line(timelineText(document, { ...textOptions(args), all: args.all }));
    output.flush();
  });
}

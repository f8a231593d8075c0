import { Analyzer } from '../analyzer.js';
import { readCaptures } from '../capture/merge.js';
import { isRegularFile } from '../capture/open.js';
import { escapeText } from '../report/escape.js';
import { UsageError } from './errors.js';
import type { CaptureSelection } from './selection.js';

/** Links named in the complaint about more than one. */
const MOST_NAMED = 10;

/**
 * Makes sure that one link is selected before anything is written, where the inputs can be read twice.
 * @throws UsageError naming the links; CaptureError
 */
export async function requireOneLink(selection: CaptureSelection): Promise<void> {
  for (const path of selection.paths) if (!(await isRegularFile(path))) return;
  const analyzer = new Analyzer({ ...selection.filter, biggestKeys: 0 });
  const { paths, reader } = selection;
  await readCaptures(paths, { reader }, (batch, from, to) => analyzer.run(batch, from, to));
  analyzer.finish();
  const { links } = analyzer.summary([]);
  refuseSeveral(links.filter((link) => link.sessions.some(({ stream }) => stream.commands > 0)));
}

/** @throws UsageError when there is more than one. */
export function refuseSeveral(links: readonly { id: string }[]): void {
  if (links.length < 2) return;
  const names = links.slice(0, MOST_NAMED).map(({ id }) => `  ${escapeText(id, 200)}`);
  if (links.length > MOST_NAMED) names.push(`  … and ${links.length - MOST_NAMED} more`);
  throw new UsageError(
    `--aof writes the commands of one link, and there are several: choose with --link\n${names.join('\n')}`,
  );
}

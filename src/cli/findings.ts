import type { FindingsReport } from '../report/findings/findings-report.js';
import { findingsText } from '../report/findings/findings-text.js';
import { severityRank, worstFirst } from '../report/findings/severity.js';
import { safeJson } from '../report/json.js';
import type { FindingsArguments } from './findings-flags.js';
import { Output } from './output.js';
import { runCaptures } from './run.js';
import { selectCaptures, textOptions } from './selection.js';
import { typedThresholds } from './threshold-flags.js';

/** With --fail-on: there is a finding of that severity. */
const EXIT_FOUND = 1;

/** `psyncscope findings`: what is wrong with the links, and what to do about it. */
export async function findings(args: FindingsArguments): Promise<void> {
  const output = new Output();
  const thresholds = typedThresholds(args);
  await runCaptures(selectCaptures(args), { analyzer: { thresholds, biggestKeys: 0 } }, (document) => {
    const sorted = worstFirst(document.findings);
    const { capture } = document;
    if (args.json)
      output.line(
        safeJson({ schema: 'psyncscope.findings/1', capture, findings: sorted } satisfies FindingsReport, 2),
      );
    else output.line(findingsText(document, textOptions(args), args.all));
    output.flush();
    const { failOn } = args;
    if (failOn !== undefined && sorted.some(({ severity }) => severityRank(severity) <= severityRank(failOn)))
      process.exitCode = EXIT_FOUND;
  });
}

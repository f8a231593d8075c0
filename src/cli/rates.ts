import { RateObserver } from '../analysis/rates/rates.js';
import { safeJson } from '../report/json.js';
import { ratesDocument } from '../report/rates/rates-document.js';
import { ratesText } from '../report/rates/rates-text.js';
import { UsageError } from './errors.js';
import { Output } from './output.js';
import type { RatesArguments } from './rates-flags.js';
import { runCaptures } from './run.js';
import { selectCaptures, textOptions } from './selection.js';

/** Rows of shares at most: so many are counted apart. */
const MOST_TOP = 1024;

/** Bytes of a separator at most. */
const MOST_SEPARATOR = 16;

/** `psyncscope rates`: how much each link carries, and of what. */
export async function rates(args: RatesArguments): Promise<void> {
  const selection = selectCaptures(args);
  const { top, by = null } = args;
  const separator = Buffer.from(args.separator);
  if (!Number.isInteger(top) || top < 1 || top > MOST_TOP)
    throw new UsageError(`--top: a number from 1 to ${MOST_TOP} is required`);
  if (separator.length < 1 || separator.length > MOST_SEPARATOR)
    throw new UsageError(`--separator: 1 to ${MOST_SEPARATOR} bytes are required`);
  const observer = new RateObserver(by, separator);
  const output = new Output();
  await runCaptures(selection, { analyzer: { observer, biggestKeys: 0 } }, (summary, analyzer) => {
    const countings = analyzer
      .links()
      .map((link) => ({ peaks: observer.peaks(link), shares: observer.shares(link) }));
    const counted = ratesDocument(summary, countings, by, top);
    const document = selection.filter.redact?.rates(counted) ?? counted;
    output.line(args.json ? safeJson(document, 2) : ratesText(document, summary, textOptions(args)));
    output.flush();
  });
}

import { readFileSync } from 'node:fs';
import { DEFAULT_TOLERANCE, METRIC_NAMES, type Tolerances } from '../check/baseline.js';
import { ExpressionError } from '../check/cel/errors.js';
import type { CommonLimits } from '../check/common.js';
import { compileInline } from '../check/compile.js';
import { AssertionFileError, UnreadableAssertions } from '../check/file/errors.js';
import { type AssertionSources, type LoadedAssertions, loadAssertions } from '../check/load.js';
import { parseBytes, parseMs, UNIT_HINTS } from '../check/units.js';
import type { CheckSeverity } from '../report/check/check-document.js';
import type { SummaryDocument } from '../report/document.js';
import type { CheckArguments } from './check-flags.js';
import { InputProblem, UsageError } from './errors.js';

/** What was typed of assertions, besides files. @throws UsageError */
export function typedLimits(args: CheckArguments): CommonLimits {
  return {
    maxLagBytes: quantity('max-lag-bytes', args.maxLagBytes, 'bytes'),
    maxLag: quantity('max-lag', args.maxLag, 'ms'),
    maxFullResyncs: count('max-full-resyncs', args.maxFullResyncs),
    maxReconnects: count('max-reconnects', args.maxReconnects),
    maxSyncTime: quantity('max-sync-time', args.maxSyncTime, 'ms'),
    noGaps: args['no-gaps'],
    requireOnline: args.requireOnline,
    noFindings: args.failOn,
  };
}

function quantity(flag: string, text: string | undefined, unit: 'bytes' | 'ms'): number | undefined {
  if (text === undefined) return undefined;
  const value = unit === 'bytes' ? parseBytes(text) : parseMs(text);
  if (value === null) throw new UsageError(`--${flag}: ${UNIT_HINTS[unit]} is required: ${text}`);
  return value;
}

function count(flag: string, value: number | undefined): number | undefined {
  if (value !== undefined && !(Number.isSafeInteger(value) && value >= 0))
    throw new UsageError(`--${flag}: a whole number is required`);
  return value;
}

/** Loads assertions; what is wrong with them is told as wrong usage. @throws UsageError, InputProblem */
export async function loadTyped(sources: AssertionSources): Promise<LoadedAssertions> {
  for (const expression of sources.expressions ?? []) checkTyped(expression);
  try {
    return await loadAssertions(sources);
  } catch (error) {
    if (error instanceof AssertionFileError) throw new UsageError(error.message);
    if (error instanceof UnreadableAssertions) throw new InputProblem(error.message);
    throw error;
  }
}

/** Characters of an expression before and behind the place that is to blame. */
const BEFORE = 40;
const BEHIND = 30;

/** An expression of -e, with a mark below what is wrong in it. @throws UsageError */
function checkTyped(expression: string): void {
  try {
    compileInline(expression);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    const { message, start } = error;
    if (start === null) throw new UsageError(`-e: ${message}\n  ${expression}`);
    const from = Math.max(0, start - BEFORE);
    const shown = expression.slice(from, start + BEHIND).replace(/\s/g, ' ');
    throw new UsageError(`-e: ${message}\n  ${shown}\n  ${' '.repeat(start - from)}^`);
  }
}

export interface Baseline {
  readonly document: SummaryDocument;
  readonly tolerances: Tolerances;
}

/** @throws UsageError for a tolerance that is none, InputProblem for a file that is no summary. */
export function loadBaseline(args: CheckArguments): Baseline | null {
  if (args.baseline === undefined) {
    if (args.tolerance !== undefined) throw new UsageError('--tolerance goes with --baseline');
    return null;
  }
  const tolerances: Record<string, number> = { '*': DEFAULT_TOLERANCE };
  for (const text of args.tolerance ?? []) {
    const match = /^(?:([\w.]+)=)?(\d+(?:\.\d+)?)$/.exec(text);
    const name = match?.[1] ?? '*';
    const ratio = Number(match?.[2] ?? 0);
    if (ratio < 1)
      throw new UsageError(`--tolerance: a ratio of 1 or more is required, 1.5 or lag.maxMs=3: ${text}`);
    if (name !== '*' && !METRIC_NAMES.includes(name))
      throw new UsageError(`--tolerance: no such metric: ${name}; there are: ${METRIC_NAMES.join(', ')}`);
    tolerances[name] = ratio;
  }
  return { document: readSummary(args.baseline), tolerances };
}

function readSummary(path: string): SummaryDocument {
  let document: Partial<SummaryDocument> | null;
  try {
    document = JSON.parse(readFileSync(path, 'utf8')) as Partial<SummaryDocument> | null;
  } catch (error) {
    throw new InputProblem(`--baseline ${path}: ${(error as Error).message}`);
  }
  if (document?.schema !== 'psyncscope.summary/1' || !Array.isArray(document.links))
    throw new InputProblem(`--baseline ${path}: no summary document (psyncscope summary --json writes one)`);
  return { findings: [], siblings: [], ...document } as SummaryDocument;
}

/** Severity from which on a failure counts. */
export function failOn(args: Pick<CheckArguments, 'failOn'>): CheckSeverity {
  return args.failOn ?? 'error';
}

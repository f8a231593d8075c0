import type {
  CheckCounts,
  CheckReport,
  CheckSeverity,
  ResultDocument,
  SubjectDocument,
} from '../report/check/check-document.js';
import { nothingToCheck } from './checker.js';

/**
 * Sums up what was found on all subjects. Nothing checked is never a pass: where not one assertion was evaluated, that fails.
 * @param failOn A failed assertion counts from this severity on.
 */
export function checkReport(subjects: readonly SubjectDocument[], failOn: CheckSeverity): CheckReport {
  const all = subjects.flatMap(({ results }) => results);
  const isAnythingChecked = all.some(({ status }) => status !== 'skipped');
  const told = isAnythingChecked ? [...subjects] : [...subjects, nothingChecked(all)];
  const counts: CheckCounts = { passed: 0, failed: 0, warned: 0, skipped: 0, errors: 0 };
  for (const result of told.flatMap(({ results }) => results)) counts[countOf(result, failOn)]++;
  return {
    schema: 'psyncscope.check/1',
    passed: counts.failed === 0 && counts.errors === 0,
    failOn,
    counts,
    subjects: told,
  };
}

function countOf({ status, severity }: ResultDocument, failOn: CheckSeverity): keyof CheckCounts {
  if (status === 'passed' || status === 'skipped') return status;
  if (status === 'error') return 'errors';
  return severity === 'error' || failOn === 'warning' ? 'failed' : 'warned';
}

function nothingChecked(results: readonly ResultDocument[]): SubjectDocument {
  const message =
    results.length === 0
      ? 'there is no capture to check'
      : 'every assertion was skipped: nothing was checked';
  return subjectWithout('all captures', nothingToCheck('something to check', message));
}

/** What fails when a glob matches nothing. */
export function noMatch(pattern: string): SubjectDocument {
  return subjectWithout(pattern, nothingToCheck('a capture to check', `no capture matched ${pattern}`));
}

/** A subject that is no capture, with the one result that says so. */
function subjectWithout(name: string, result: ResultDocument): SubjectDocument {
  return { name, capture: null, links: 0, ignored: null, results: [result] };
}

/** A capture that could not be read. */
export function unreadable(name: string, message: string): SubjectDocument {
  const result = nothingToCheck('the capture can be read', message);
  return subjectWithout(name, { ...result, status: 'error', reason: message, failures: [], failureCount: 0 });
}

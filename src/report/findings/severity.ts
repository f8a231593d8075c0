import type { FindingDocument } from '../document.js';
import { plural } from '../units.js';

type Severity = FindingDocument['severity'];

const ORDER: readonly Severity[] = ['error', 'warning', 'info'];

/** The worse a severity the lower its rank. */
export function severityRank(severity: Severity): number {
  return ORDER.indexOf(severity);
}

/** Errors first; of one severity in order of time. */
export function worstFirst(findings: readonly FindingDocument[]): FindingDocument[] {
  const at = (finding: FindingDocument): string => finding.at ?? '';
  return [...findings].sort(
    (a, b) =>
      severityRank(a.severity) - severityRank(b.severity) || (at(a) < at(b) ? -1 : at(a) > at(b) ? 1 : 0),
  );
}

/** `2 errors, 1 warning, 3 notes`; empty without findings. */
export function severityCounts(findings: readonly FindingDocument[]): string {
  const names: [Severity, string][] = [
    ['error', 'error'],
    ['warning', 'warning'],
    ['info', 'note'],
  ];
  return names
    .map(([severity, name]) => [findings.filter((each) => each.severity === severity).length, name] as const)
    .filter(([count]) => count > 0)
    .map(([count, name]) => plural(count, name))
    .join(', ');
}

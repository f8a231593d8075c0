import { writeFileSync } from 'node:fs';
import type { SummaryDocument } from '../report/document.js';
import { safeJson } from '../report/json.js';
import { notWritten } from './not-written.js';

/** Writes what `--summary FILE` asks for. @throws InputProblem */
export function writeSummary(path: string, document: SummaryDocument): void {
  try {
    writeFileSync(path, `${safeJson(document, 2)}\n`);
  } catch (error) {
    throw notWritten(path, error, 'cannot write the summary');
  }
}

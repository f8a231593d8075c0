import type { CaptureDocument, FindingDocument } from '../document.js';

/** What `psyncscope findings --json` prints: the findings of the summary document, worst first. */
export interface FindingsReport {
  schema: 'psyncscope.findings/1';
  capture: CaptureDocument;
  findings: FindingDocument[];
}

import type { CaptureDocument, FindingDocument, SummaryDocument } from '../document.js';

type IgnoredDocument = SummaryDocument['ignored'];

/**
 * What `psyncscope check` found, `psyncscope.check/1`: the one product that every reporter prints. Texts are as they came, in part from
 * the wire: who shows them escapes them.
 */
export interface CheckReport {
  schema: 'psyncscope.check/1';
  /** Nothing failed that counts, every capture could be read, and there was something to check. */
  passed: boolean;
  /** A failed assertion of this severity or a worse one makes `passed` false. */
  failOn: CheckSeverity;
  counts: CheckCounts;
  subjects: SubjectDocument[];
}

export type CheckSeverity = 'warning' | 'error';

export interface CheckCounts {
  passed: number;
  /** Failed, of a severity that counts. */
  failed: number;
  /** Failed, of a severity that does not count. */
  warned: number;
  skipped: number;
  /** Captures that could not be read. */
  errors: number;
}

/** One thing that was checked: a capture, or several that are one, or what was captured while a command ran. */
export interface SubjectDocument {
  name: string;
  /** null: it could not be read, or there is none. */
  capture: CaptureDocument | null;
  links: number;
  /** Connections that are no links; null where there is no capture. */
  ignored: IgnoredDocument | null;
  results: ResultDocument[];
}

export interface ResultDocument {
  name: string;
  description: string | null;
  severity: CheckSeverity;
  status: 'passed' | 'failed' | 'skipped' | 'error';
  /** What was asserted, on one line. */
  rule: string;
  /** Where the assertion stands; null: on the command line. */
  file: string | null;
  line: number | null;
  /** Why it was skipped or could not be checked; null otherwise. */
  reason: string | null;
  /** At most MAX_FAILURES; `failureCount` tells how many there are. */
  failures: FailureDocument[];
  failureCount: number;
}

/** One place where an assertion does not hold. */
export interface FailureDocument {
  /** `links[0].fullResyncs is 2, not at most 1` */
  message: string;
  /** What was met, by its path in the summary document (or the event). */
  values: { path: string; value: unknown }[];
  link: string | null;
  session: number | null;
  at: string | null;
  packet: number | null;
  /** Lines of the timeline around it, for people. */
  timeline: string[];
  /** What the analysis says of this link and session besides, with what to do: at most MAX_FINDINGS, the worst first. */
  findings: Pick<FindingDocument, 'severity' | 'code' | 'message' | 'advice'>[];
  /** A command that shows more; null: none does. */
  command: string | null;
}

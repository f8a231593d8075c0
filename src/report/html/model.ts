/**
 * What the HTML report is made from, and all that its page knows. Made by build-model.ts, put into the page as JSON, read by page/.
 * Texts are safe to show as text (controls and direction marks made visible); they are never markup. Times are whole microseconds
 * since `from` unless told otherwise; sizes are bytes; null means not known from this capture.
 */
export interface ReportModel {
  schema: 'psyncscope.report/1';
  madeBy: string;
  /** Name of the capture, and a line of what it holds. */
  title: string;
  capture: string;
  /** µs since the epoch at which the axis begins, and its length. */
  from: number;
  length: number;
  /** Added to a time for the time of day that is shown, µs: the zone of who made the page, not of who reads it. And its name. */
  zoneOffset: number;
  zoneName: string;
  withDate: boolean;
  verdict: { tone: 'bad' | 'warn' | 'good'; headline: string; facts: string };
  brief: BriefItem[];
  moments: MomentView[];
  story: StoryItem[];
  findings: FindingItem[];
  notes: NoteItem[];
  topology: TopologyView[];
  links: LinkView[];
  /** Links, events, nodes that are not in the page: its limits. */
  leftOut: { links: number; events: number; nodes: number };
  events: EventRow[];
  document: { name: string; bytes: number; gzip: string } | null;
}

/** A line of what is said first; `at` stands before its text as a time. */
export interface BriefItem {
  name: 'When' | 'Where' | 'Back' | 'Cost' | 'Why' | 'More' | 'Do';
  at: number | null;
  text: string;
}

/** A moment that concerns more than one link: a line through all lanes and charts. */
export interface MomentView {
  at: number;
  text: string;
}

export type RowTone = 'bad' | 'warn' | 'good' | 'strong' | 'dim' | null;

/** One sentence of what happened. `at` null: a mark that sentences were left out. */
export interface StoryItem {
  at: number | null;
  /** Which link it is about, by index; null: none, or several. */
  link: number | null;
  tone: RowTone;
  text: string;
}

export interface FindingItem {
  severity: 'error' | 'warning' | 'info';
  code: string;
  link: number | null;
  /** As the finding names it, where the link is not in the page. */
  linkName: string;
  session: number | null;
  at: number | null;
  message: string;
  advice: string | null;
  packets: number[];
  /** A command that shows them; null where there is none. */
  command: string | null;
  evidence: [string, string][];
}

export interface NoteItem {
  severity: 'error' | 'warning' | 'info';
  text: string;
  advice: string | null;
}

/** Who replicated from whom at one time. */
export interface TopologyView {
  title: string;
  /** In order of depth: who comes before who replicates from it. */
  nodes: TopologyNodeView[];
}

export interface TopologyNodeView {
  name: string;
  role: string;
  /** Index of its master in `nodes`; null for a root. */
  parent: number | null;
  state: string;
  tone: RowTone;
  lines: string[];
}

export interface LinkView {
  id: string;
  master: string;
  replica: string;
  name: string;
  server: string | null;
  state: string;
  facts: [string, string][];
  sessions: SessionView[];
  sessionsLeftOut: number;
  course: CourseView | null;
  payloads: PayloadView[];
  commands: CommandsView | null;
}

export type PhaseKind = 'handshake' | 'waiting' | 'payload' | 'loading' | 'online' | 'refused' | 'silent';

export interface SessionView {
  number: number;
  from: number;
  to: number;
  /** It began before the capture, or goes on behind it. */
  openStart: boolean;
  openEnd: boolean;
  title: string;
  phases: PhaseView[];
  /** Decisions and the end: what stands as a mark in the lane. */
  marks: MarkView[];
  lines: SessionLine[];
}

export interface PhaseView {
  kind: PhaseKind;
  from: number;
  to: number;
}

export interface MarkView {
  at: number;
  kind: 'full' | 'partial' | 'refused' | 'closed' | 'reset';
  text: string;
}

/** `payload  0.1 ms  680 B, …`, as the timeline has it. */
export interface SessionLine {
  name: string;
  duration: string;
  text: string;
  inner: boolean;
}

/**
 * Offsets and lag over time, in columns. Each row is the state in one step of `step` µs: offsets at its end, lag at its least and
 * most, the age of the oldest unacknowledged byte (ms) at its most and its end.
 */
export interface CourseView {
  step: number;
  /** First row of each session; between two sessions nothing is known. And when each ends. */
  starts: number[];
  ends: number[];
  t: number[];
  sent: (number | null)[];
  acked: (number | null)[];
  lagMin: number[];
  lagMax: number[];
  age: number[];
  ageEnd: number[];
}

export interface PayloadView {
  title: string;
  at: number | null;
  facts: string;
  types: { type: string; keys: number; bytes: number | null; encodings: string }[];
  databases: string;
  biggest: { key: string; type: string; db: number; bytes: number; elements: number | null }[];
  anatomy: string[];
  problem: string | null;
}

export interface CommandsView {
  facts: string;
  rows: { name: string; commands: number; bytes: number; share: number }[];
  /** Rows that are not listed. */
  rest: { commands: number; bytes: number } | null;
}

export type EventKind =
  | 'connection'
  | 'handshake'
  | 'decision'
  | 'payload'
  | 'stream'
  | 'lag'
  | 'finding'
  | 'capture';

export interface EventRow {
  at: number;
  link: number | null;
  session: number | null;
  kind: EventKind;
  from: 'master' | 'replica' | null;
  what: string;
  why: string;
  tone: RowTone;
  packet: number;
}

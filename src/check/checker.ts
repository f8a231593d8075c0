import type { ReplicationEvent } from '../replication/events.js';
import type { ResultDocument, SubjectDocument } from '../report/check/check-document.js';
import type { LinkDocument, SummaryDocument } from '../report/document.js';
import { emptyText } from '../report/notes.js';
import type { Zone } from '../report/time.js';
import type { Assertion } from './assertion.js';
import { EvaluationProblem } from './cel/errors.js';
import type { Closer } from './closer.js';
import { type Outcome, testExpression, testPattern } from './document-test.js';
import { EventContext } from './events/context.js';
import { sequenceOutcome } from './events/outcome.js';
import { SequenceWatch } from './events/watch.js';
import { isLinkMeant } from './link-text.js';
import { bareFailure, type Surroundings } from './places.js';

export interface CheckerOptions {
  /** Zone of the times in texts. */
  readonly zone: Zone;
  /** When the capture began, µs; null before its first packet. */
  readonly startedAt: () => number | null;
}

/** The name of what fails where there is no link to speak of. */
const A_LINK = 'a replication link to check';

/**
 * Checks assertions against one capture: the events as they pass, the summary document at the end. Keeps of the events only how far
 * each sequence has come.
 */
export class Checker {
  readonly #assertions: readonly Assertion[];
  readonly #options: CheckerOptions;
  readonly #watches = new Map<Assertion, SequenceWatch>();
  readonly #context: EventContext;

  constructor(assertions: readonly Assertion[], options: CheckerOptions) {
    this.#assertions = assertions;
    this.#options = options;
    this.#context = new EventContext(options.zone);
    for (const assertion of assertions)
      if (assertion.test.kind === 'events')
        this.#watches.set(assertion, new SequenceWatch(assertion.test.sequence, assertion.link));
  }

  /** For the analyzer's `onEvent`; undefined when no assertion is about events, which then need not be told. */
  get onEvent(): ((event: ReplicationEvent) => void) | undefined {
    return this.#watches.size === 0 ? undefined : (event) => this.#event(event);
  }

  /** Whether an assertion is about single commands: for the analyzer's `commands`. */
  get wantsCommands(): boolean {
    return this.#assertions.some(
      ({ test }) =>
        test.kind === 'events' && test.sequence.steps.some(({ event }) => event === 'stream.command'),
    );
  }

  #event(event: ReplicationEvent): void {
    this.#context.add(event);
    const startedAt = this.#options.startedAt() ?? event.time;
    for (const watch of this.#watches.values()) watch.event(event, this.#context, startedAt);
  }

  /**
   * The end of the capture.
   * @param command What a person can run to see more of a link; null: the capture was not kept.
   */
  finish(document: SummaryDocument, name: string, command: Closer | null): SubjectDocument {
    const around: Surroundings = { document, zone: this.#options.zone, command };
    const results =
      document.links.length === 0
        ? [nothingToCheck(A_LINK, emptyText(document)), ...this.#assertions.map(notEvaluated)]
        : this.#assertions.map((assertion) => this.#check(assertion, around));
    const { capture, links, ignored } = document;
    return { name, capture, links: links.length, ignored, results };
  }

  #check(assertion: Assertion, around: Surroundings): ResultDocument {
    const { when, link } = assertion;
    const document = link === null ? around.document : narrowed(around.document, link);
    const head = headOf(assertion);
    if (document.links.length === 0)
      return failed(
        head,
        `no link's id contains ${JSON.stringify(link)}; there are: ${names(around.document.links)}`,
      );
    if (when !== null) {
      try {
        const value = when.evaluate(document);
        if (value !== true) return { ...head, status: 'skipped', reason: `not so: ${when.source}` };
      } catch (error) {
        if (!(error instanceof EvaluationProblem)) throw error;
        return failed(head, `its "when" cannot be evaluated: ${error.message}`);
      }
    }
    const { failures, count } = this.#outcome(assertion, { ...around, document });
    if (count === 0) return { ...head, status: 'passed' };
    return { ...head, status: 'failed', failures: [...failures], failureCount: count };
  }

  #outcome(assertion: Assertion, around: Surroundings): Outcome {
    const { test } = assertion;
    if (test.kind === 'expr') return testExpression(test.expression, around);
    if (test.kind === 'pattern') return testPattern(test.pattern, around);
    const ids = around.document.links.map(({ id }) => id);
    return sequenceOutcome(test.sequence, this.#watches.get(assertion)!, ids, around);
  }
}

/** A result that fails because there is nothing that could have been checked. */
export function nothingToCheck(name: string, message: string): ResultDocument {
  const head = { name, description: null, severity: 'error', rule: name, file: null, line: null } as const;
  return failed({ ...head, status: 'passed', reason: null, failures: [], failureCount: 0 }, message);
}

function headOf({ name, description, severity, rule, file, line }: Assertion): ResultDocument {
  const outcome = { status: 'passed', reason: null, failures: [], failureCount: 0 } as const;
  return { name, description, severity, rule, file, line, ...outcome, failures: [] };
}

function notEvaluated(assertion: Assertion): ResultDocument {
  return { ...headOf(assertion), status: 'skipped', reason: 'no replication link' };
}

function failed(head: ResultDocument, message: string): ResultDocument {
  return { ...head, status: 'failed', failures: [bareFailure(message)], failureCount: 1 };
}

/** Only what is about links whose id contains a text. */
function narrowed(document: SummaryDocument, text: string): SummaryDocument {
  const isMeant = (id: string): boolean => isLinkMeant(id, text);
  return {
    ...document,
    links: document.links.filter(({ id }) => isMeant(id)),
    siblings: document.siblings.filter(({ links }) => links.some(isMeant)),
    findings: document.findings.filter(({ link }) => link !== null && isMeant(link)),
  };
}

/** Links that a message names. */
const MAX_NAMES = 5;

function names(links: readonly LinkDocument[]): string {
  const more = links.length > MAX_NAMES ? `, and ${links.length - MAX_NAMES} more` : '';
  return (
    links
      .slice(0, MAX_NAMES)
      .map(({ id }) => id)
      .join(', ') + more
  );
}

import type { FailureDocument } from '../../report/check/check-document.js';
import { clockText, isoMicros, type Zone } from '../../report/time.js';
import { durationText, plural } from '../../report/units.js';
import { MAX_FAILURES, mismatchText, type Outcome } from '../document-test.js';
import { bareFailure, closer, failureAt, findingsOn, type Surroundings } from '../places.js';
import type { Sequence, Step } from './sequence.js';
import type { LinkWatch, Met, NearMiss, SequenceWatch, Witness } from './watch.js';

/** What became of a sequence of events by the end of the capture. `linkIds`: links it was to be looked for on. */
export function sequenceOutcome(
  sequence: Sequence,
  watch: SequenceWatch,
  linkIds: readonly string[],
  around: Surroundings,
): Outcome {
  if (sequence.never) return neverOutcome(sequence, watch, around);
  const watches = [...watch.links];
  if (sequence.every) return everyOutcome(sequence, watches, linkIds, around);
  if (watches.some(([, { isMet }]) => isMet)) return { failures: [], count: 0 };
  // The link that came furthest tells most.
  const best = watches.reduce<LinkWatch | null>(
    (found, [, each]) => (found === null || each.progress.furthest > found.progress.furthest ? each : found),
    null,
  );
  const link = watches.find(([, each]) => each === best)?.[0]?.id ?? null;
  return { failures: [missing(sequence, best, link, around)], count: 1 };
}

function neverOutcome(sequence: Sequence, watch: SequenceWatch, around: Surroundings): Outcome {
  const failures = watch.met.slice(0, MAX_FAILURES).map((met) => happened(sequence, met, around));
  if (watch.unwatched > 0)
    failures.push(bareFailure(`${plural(watch.unwatched, 'event')} of further links could not be followed`));
  return { failures, count: watch.metCount + (watch.unwatched > 0 ? 1 : 0) };
}

function everyOutcome(
  sequence: Sequence,
  watches: readonly (readonly [{ readonly id: string } | null, LinkWatch])[],
  linkIds: readonly string[],
  around: Surroundings,
): Outcome {
  const byId = new Map(watches.map(([link, watch]) => [link?.id ?? null, watch]));
  const left = linkIds.filter((id) => byId.get(id)?.isMet !== true);
  const failures = left
    .slice(0, MAX_FAILURES)
    .map((id) => missing(sequence, byId.get(id) ?? null, id, around));
  return { failures, count: left.length };
}

/** It must not have happened, and did. */
function happened(sequence: Sequence, met: Met, around: Surroundings): FailureDocument {
  const { steps } = sequence;
  const took =
    steps.length === 1 ? '' : `, ${durationText((met.time - met.start) / 1000)} after ${steps[0]!.event}`;
  return {
    ...witnessed(met, around),
    message: `${steps.at(-1)!.text} came at ${clock(met.time, around.zone)}${took}`,
    values: [],
  };
}

/** It must have happened, and did not. */
function missing(
  { steps }: Sequence,
  watch: LinkWatch | null,
  link: string | null,
  around: Surroundings,
): FailureDocument {
  const reached = Math.min(watch?.progress.furthest ?? 0, steps.length - 1);
  const step = steps[reached]!;
  const before = steps[reached - 1];
  const near = watch?.nearMiss?.step === step ? watch.nearMiss : null;
  const since = near === null ? (watch?.progress.furthestAt ?? null) : near.after;
  const number = steps.length === 1 ? '' : ` (event ${reached + 1} of ${steps.length})`;
  const after =
    before === undefined || since === null ? '' : ` after ${before.event} at ${clock(since, around.zone)}`;
  const head = `${step.text}${number} did not come${after}`;
  if (near === null) {
    const index = around.document.links.findIndex(({ id }) => id === link);
    return failureAt(head, [], [`links[${index}]`], around);
  }
  return {
    ...witnessed(near, around),
    message: `${head}: ${nearText(near, steps[0]!, around.zone)}`,
    values: near.mismatches.map(({ path, value }) => ({ path, value: value ?? null })),
  };
}

function nearText({ step, time, mismatches, late }: NearMiss, first: Step, zone: Zone): string {
  const came = `${step.event} came at ${clock(time, zone)}`;
  if (late === null) return `${came}, but its ${mismatches.map(mismatchText).join(', its ')}`;
  const from = late.isTotal ? `after ${first.event}` : 'later';
  return `${came}, ${durationText(late.since / 1000)} ${from}, not within ${durationText(late.within / 1000)}`;
}

function witnessed(
  { link, session, time, packet, lines }: Witness,
  around: Surroundings,
): Omit<FailureDocument, 'message' | 'values'> {
  return {
    link: link?.id ?? null,
    session,
    at: isoMicros(time),
    packet,
    timeline: [...lines],
    findings: link === null ? [] : findingsOn(link.id, session, around),
    command: link === null ? null : closer(link.id, around),
  };
}

function clock(time: number, zone: Zone): string {
  return clockText(time, { zone, decimals: 3, withDate: false });
}

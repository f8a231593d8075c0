import type { ReplicationEvent } from '../../replication/events.js';
import type { Link } from '../../replication/model.js';
import { eventFields } from '../../report/events.js';
import { isLinkMeant } from '../link-text.js';
import { compare, type Mismatch } from '../pattern/compare.js';
import type { Shape } from '../shape.js';
import type { EventContext } from './context.js';
import { Progress } from './progress.js';
import type { Sequence, Step } from './sequence.js';

/** An event that mattered to a sequence. */
export interface Witness {
  readonly link: Link | null;
  readonly session: number | null;
  readonly time: number;
  readonly packet: number;
  /** The link's latest events up to this one. */
  readonly lines: readonly string[];
}

/** An event that was nearly the next step. */
export interface NearMiss extends Witness {
  readonly step: Step;
  readonly mismatches: readonly Mismatch[];
  /** It was what was asked for, but came so long after the one before it, µs; null: it was another one. */
  readonly late: { readonly since: number; readonly within: number; readonly isTotal: boolean } | null;
  /** When the step before it was met, µs; null: it would have been the first, or that is not what counts. */
  readonly after: number | null;
}

/** A sequence that was met as a whole. */
export interface Met extends Witness {
  /** Time of its first event, µs. */
  readonly start: number;
}

/** What one link has to do with a sequence. */
export interface LinkWatch {
  readonly progress: Progress;
  isMet: boolean;
  nearMiss: NearMiss | null;
}

/** Links that are followed, and met sequences that are told. */
const MAX_LINKS = 10_000;
const MAX_MET = 5;

/** Follows one sequence on every link while the events pass. Memory does not grow with their number. */
export class SequenceWatch {
  readonly links = new Map<Link | null, LinkWatch>();
  /** The first ones met. */
  readonly met: Met[] = [];
  metCount = 0;
  /** Links that came when too many were followed already. */
  unwatched = 0;
  readonly #sequence: Sequence;
  readonly #names: ReadonlySet<string>;
  readonly #shapes: readonly Shape[];
  readonly #linkText: string | null;

  /** @param linkText Only links whose id contains this are followed; null: all. */
  constructor(sequence: Sequence, linkText: string | null) {
    this.#sequence = sequence;
    this.#names = new Set(sequence.steps.map(({ event }) => event));
    this.#shapes = sequence.steps.map(({ fields }) => ({ kind: 'object', fields }));
    this.#linkText = linkText;
  }

  /** @param startedAt When the capture began, µs. */
  event(event: ReplicationEvent, context: EventContext, startedAt: number): void {
    if (!this.#names.has(event.event)) return;
    const link = event.event === 'encrypted' ? null : event.link;
    if (this.#linkText !== null && (link === null || !isLinkMeant(link.id, this.#linkText))) return;
    const watch = this.#watch(link);
    if (watch === null || (watch.isMet && !this.#sequence.never)) return;
    const fields = eventFields(event);
    const matching: number[] = [];
    const { steps } = this.#sequence;
    const next = watch.progress.furthest;
    for (let index = steps.length - 1; index >= 0; index--) {
      const step = steps[index]!;
      if (step.event !== event.event) continue;
      const mismatches = compare(step.pattern, this.#shapes[index]!, fields, '');
      if (mismatches.length === 0) matching.push(index);
      else if (index === next)
        watch.nearMiss = {
          ...witness(event, context),
          step,
          mismatches,
          late: null,
          after: watch.progress.furthestAt,
        };
    }
    if (matching.length > 0) this.#advance(watch, matching, event, context, startedAt);
  }

  #advance(
    watch: LinkWatch,
    matching: readonly number[],
    event: ReplicationEvent,
    context: EventContext,
    startedAt: number,
  ): void {
    const result = watch.progress.advance(matching, event.time, startedAt);
    if (result.kind === 'late') {
      const { since, within, isTotal } = result;
      const step = this.#sequence.steps[result.step]!;
      const late = { since, within, isTotal };
      const after = isTotal || result.step === 0 ? null : event.time - since;
      watch.nearMiss = { ...witness(event, context), step, mismatches: [], late, after };
      return;
    }
    if (result.kind !== 'whole') return;
    watch.isMet = true;
    watch.progress.reset();
    this.metCount++;
    if (this.met.length < MAX_MET) this.met.push({ ...witness(event, context), start: result.start });
  }

  #watch(link: Link | null): LinkWatch | null {
    const known = this.links.get(link);
    if (known !== undefined) return known;
    if (this.links.size >= MAX_LINKS) {
      this.unwatched++;
      return null;
    }
    const watch: LinkWatch = { progress: new Progress(this.#sequence), isMet: false, nearMiss: null };
    this.links.set(link, watch);
    return watch;
  }
}

function witness(event: ReplicationEvent, context: EventContext): Witness {
  const isOfLink = event.event !== 'encrypted';
  const link = isOfLink ? event.link : null;
  return {
    link,
    session: isOfLink ? event.session.number : null,
    time: event.time,
    packet: event.packet,
    lines: context.of(link),
  };
}

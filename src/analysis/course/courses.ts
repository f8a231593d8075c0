import type { LagMeter } from '../../replication/lag-meter.js';
import type { LagFacts, Session } from '../../replication/model.js';
import type { TrafficObserver } from '../../replication/observer.js';
import { Course } from './course.js';
import { MAX_COURSES, MAX_POINTS } from './limits.js';

/** Follows how far each session's stream was sent and acknowledged. Costs a call a segment of a stream and an ACK. */
export class Courses implements TrafficObserver {
  /** Sessions beyond MAX_COURSES. */
  leftOut = 0;
  readonly #courses = new Map<Session, Course>();
  #points = 0;

  meter(session: Session, meter: LagMeter): LagMeter {
    if (this.#courses.size >= MAX_COURSES && !this.#courses.has(session)) {
      this.leftOut++;
      return meter;
    }
    const course = this.#courses.get(session) ?? new Course();
    this.#courses.set(session, course);
    return new FollowedMeter(meter, course, (added) => this.#added(added));
  }

  /** null: it was never online with a known offset, or is beyond the limit. Bytes count from the stream's first one. */
  of(session: Session): Course | null {
    return this.#courses.get(session) ?? null;
  }

  #added(points: number): void {
    this.#points += points;
    if (this.#points <= MAX_POINTS) return;
    // All of them: a capture is as fine as its busiest sessions allow.
    for (const course of this.#courses.values()) this.#points -= course.widen();
  }
}

/** A meter, and beside it the course of what it is told. */
class FollowedMeter implements LagMeter {
  readonly #meter: LagMeter;
  readonly #course: Course;
  readonly #added: (points: number) => void;
  #sent = 0;
  #acked = 0;
  /** Age of the oldest unacknowledged byte when it was last asked for, ms. */
  #age = 0;
  #online = false;

  constructor(meter: LagMeter, course: Course, added: (points: number) => void) {
    this.#meter = meter;
    this.#course = course;
    this.#added = added;
  }

  get ackLagMs(): number {
    return this.#meter.ackLagMs;
  }

  get behindBytes(): number {
    return this.#meter.behindBytes;
  }

  get behindMs(): number {
    return this.#meter.behindMs;
  }

  online(time: number): void {
    this.#meter.online(time);
    this.#online = true;
    this.#note(time, this.#meter.age(time) / 1000);
  }

  sent(bytes: number, time: number): void {
    const wasAtRest = this.#sent <= this.#acked;
    this.#meter.sent(bytes, time);
    if (bytes <= this.#sent) return;
    this.#sent = bytes;
    if (!this.#online) return;
    // An age is a search: once a step is enough, as it only grows until the next ACK, which tells it.
    if (wasAtRest) this.#age = 0;
    else if (this.#course.isNewStep(time)) this.#age = this.#meter.age(time) / 1000;
    this.#note(time, this.#age);
  }

  acknowledged(bytes: number, time: number): void {
    this.#meter.acknowledged(bytes, time);
    this.#acked = bytes;
    this.#note(time, this.#meter.ackLagMs, this.#meter.behindMs);
  }

  age(time: number): number {
    return this.#meter.age(time);
  }

  facts(until: number): LagFacts {
    return this.#meter.facts(until);
  }

  #note(time: number, age: number, after = age): void {
    this.#age = after;
    const added = this.#course.note(time, this.#sent, this.#acked, age, after);
    if (added !== 0) this.#added(added);
  }
}

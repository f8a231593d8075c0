/**
 * Compares a summary document with facts that were established from a capture's bytes without this program. Only what an
 * expectation names is compared; what else the document says is not looked at.
 */

type Json = null | boolean | number | string | Json[] | JsonObject;
interface JsonObject {
  [key: string]: Json | undefined;
}

interface ExpectedLink {
  id?: string;
  master?: string;
  sessionCount?: number;
  sessions: ({ clientPort: number; openedAt?: string } & JsonObject)[];
}

/** An `*.expect.json` file. */
export interface Expectation {
  capture: string;
  /** Of the capture, uncompressed. */
  sha256: string;
  facts: {
    capture?: JsonObject;
    ignored?: JsonObject;
    links: (ExpectedLink & JsonObject)[];
    /** No links but these. */
    exactLinks?: boolean;
  };
}

/** How far apart durations and points in time may be. Everything else is compared exactly. */
const TOLERANCE_MS = 2;

/** Counts by name: a name that was not expected is as wrong as a missing one. */
const CLOSED = new Set(['byCommand', 'types', 'databases']);

interface Found {
  link: JsonObject;
  session: JsonObject;
  taken: boolean;
}

export class FactComparison {
  /** Facts looked at. */
  total = 0;
  /** `path: expected X, got Y`, one for each that does not hold. */
  readonly mismatches: string[] = [];
  readonly #skip: (path: string, actual: JsonObject) => boolean;

  /** @param skip leaves a fact out, by its path and the object that holds it. */
  constructor(skip: (path: string, holder: JsonObject) => boolean = () => false) {
    this.#skip = skip;
  }

  compare(expectation: Expectation, document: unknown): this {
    const actual = document as { links: JsonObject[] } & JsonObject;
    const { facts } = expectation;
    this.#object('capture', facts.capture ?? {}, actual.capture);
    this.#object('ignored', facts.ignored ?? {}, actual.ignored);
    const pool = actual.links.flatMap((link) =>
      (link.sessions as JsonObject[]).map((session): Found => ({ link, session, taken: false })),
    );
    for (const link of facts.links) this.#link(link, pool);
    if (facts.exactLinks) {
      const met = new Set(pool.filter((each) => each.taken).map((each) => each.link));
      const others = actual.links.filter((link) => !met.has(link)).map((link) => link.id ?? null);
      this.#fact(others.length === 0, 'links (others)', [], others);
    }
    return this;
  }

  /** Links are recognised by the sessions they hold, so that a link with another id is one mismatch and not a hundred. */
  #link(expected: ExpectedLink & JsonObject, pool: Found[]): void {
    const { sessions, sessionCount, ...rest } = expected;
    const path = `links[${expected.id ?? expected.master ?? '?'}]`;
    const found = sessions.map((session) => takeSession(session, expected.master, pool));
    const link = mostFrequent(found.flatMap((hit) => (hit === undefined ? [] : [hit.link])));
    this.#object(path, rest as JsonObject, link);
    if (sessionCount !== undefined) {
      const count = (link?.sessions as Json[] | undefined)?.length;
      this.#fact(count === sessionCount, `${path}.sessions.length`, sessionCount, count);
    }
    for (const [index, session] of sessions.entries()) {
      const hit = found[index];
      const at = `${path}.session[${session.clientPort}]`;
      this.#fact(
        hit !== undefined && hit.link === link,
        `${at} (link)`,
        'in the link of its others',
        hit?.link.id,
      );
      if (hit !== undefined) this.#object(at, session, hit.session);
    }
  }

  #object(path: string, expected: JsonObject, actual: Json | undefined): void {
    if (!isObject(actual)) {
      if (Object.keys(expected).length > 0) this.#fact(false, path, expected, actual);
      return;
    }
    for (const [key, value] of Object.entries(expected)) {
      const here = `${path}.${key}`;
      if (value !== undefined && !this.#skip(here, actual)) this.#value(here, key, value, actual[key]);
    }
  }

  #value(path: string, name: string, expected: Json, actual: Json | undefined): void {
    if (name === 'syncs' && Array.isArray(expected)) {
      const list = Array.isArray(actual) ? actual : [];
      this.#fact(list.length === expected.length, `${path}.length`, expected.length, list.length);
      for (const [index, sync] of expected.entries())
        this.#object(`${path}[${index}]`, sync as JsonObject, list[index]);
      return;
    }
    if (!isObject(expected) || 'anyOf' in expected) {
      this.#fact(holds(name, expected, actual), path, expected, actual);
      return;
    }
    this.#object(path, expected, actual);
    if (CLOSED.has(name) && isObject(actual)) {
      const others = Object.keys(actual).filter((key) => !(key in expected));
      this.#fact(others.length === 0, `${path} (other keys)`, [], others);
    }
  }

  #fact(ok: boolean, path: string, expected: Json, actual: Json | undefined): void {
    this.total++;
    if (!ok)
      this.mismatches.push(`${path}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`);
  }
}

function holds(name: string, expected: Json, actual: Json | undefined): boolean {
  if (isObject(expected) && Array.isArray(expected.anyOf))
    return expected.anyOf.some((each) => holds(name, each, actual));
  if (actual === undefined) return false;
  if (typeof expected === 'number' && typeof actual === 'number')
    return name.endsWith('Ms') ? Math.abs(expected - actual) <= TOLERANCE_MS : expected === actual;
  if (typeof expected === 'string' && typeof actual === 'string') {
    const distance = /(At|Time)$/.test(name) ? Math.abs(milliseconds(expected) - milliseconds(actual)) : NaN;
    if (!Number.isNaN(distance)) return distance <= TOLERANCE_MS;
    // Whether the dash belongs to an error reply's text is a matter of taste.
    return name === 'error' ? withoutDash(expected) === withoutDash(actual) : expected === actual;
  }
  if (name === 'databases' && Array.isArray(expected) && Array.isArray(actual))
    return JSON.stringify(expected.toSorted()) === JSON.stringify(actual.toSorted());
  return JSON.stringify(expected) === JSON.stringify(actual);
}

/** The session from that port that fits best and that no other expected one has taken: ports are used again. */
function takeSession(
  expected: { clientPort: number; openedAt?: string },
  master: string | undefined,
  pool: Found[],
): Found | undefined {
  const opened = milliseconds(expected.openedAt ?? '');
  const rank = ({ link, session }: Found): number => {
    const distance = Math.abs(milliseconds(String(session.openedAt)) - opened);
    return (link.master === master ? 0 : 1e15) + (Number.isNaN(distance) ? 0 : distance);
  };
  const candidates = pool.filter((each) => !each.taken && each.session.clientPort === expected.clientPort);
  const [hit] = candidates.sort((a, b) => rank(a) - rank(b));
  if (hit !== undefined) hit.taken = true;
  return hit;
}

function mostFrequent<T>(values: readonly T[]): T | undefined {
  const votes = new Map<T, number>();
  for (const value of values) votes.set(value, (votes.get(value) ?? 0) + 1);
  return [...votes].sort((a, b) => b[1] - a[1])[0]?.[0];
}

/** ISO time with microseconds as ms; NaN for anything else. */
function milliseconds(text: string): number {
  const parts = /^(.+:\d\d)(\.\d+)?Z$/.exec(text);
  return parts === null ? Number.NaN : Date.parse(`${parts[1]}Z`) + Number(`0${parts[2] ?? ''}`) * 1000;
}

function withoutDash(text: string): string {
  return text.replace(/^-+/, '').trim();
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

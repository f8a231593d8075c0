import * as z from 'zod';
import { EVENT_NAMES, EVENT_SHAPES } from '../event-shapes.js';
import { patternSchema, strictMapping } from '../pattern/schema.js';
import { suggestion } from '../shape.js';
import { SUMMARY_SHAPE } from '../summary-shape.js';
import { DURATION_PATTERN, parseMs } from '../units.js';

/** The assertion file as a schema: docs/check.md describes it, schema/assertions.schema.json is made of it. */

/** Assertions of a file, events of a sequence, globs. */
export const MAX_ASSERTIONS = 1000;
export const MAX_STEPS = 32;
const MAX_GLOBS = 100;

/** Characters of a name; of other texts. */
const MAX_NAME = 200;
const MAX_TEXT = 4000;

function text(most = MAX_TEXT): z.ZodString {
  return z
    .string({ error: 'must be a text' })
    .min(1, 'is empty')
    .max(most, `is longer than ${most} characters`);
}

const DURATION = z
  .string({ error: 'must be a duration with its unit, such as 250ms, 5s or 2m' })
  .refine((value) => parseMs(value) !== null, 'must be a duration with its unit, such as 250ms, 5s or 2m')
  .meta({ pattern: DURATION_PATTERN });

function word<const T extends readonly [string, ...string[]]>(
  words: T,
): z.ZodEnum<z.core.util.ToEnum<T[number]>> {
  return z.enum(words, { error: `must be one of: ${words.join(', ')}` });
}

/** Keys of an event pattern that are no fields of the event. */
const STEP_KEYS = {
  within: DURATION.optional().describe(
    'Time since the event before it; of the first one, since the capture began',
  ),
};

const STEPS = EVENT_NAMES.map((name) => {
  const fields = Object.entries(EVENT_SHAPES[name]!).map(
    ([field, shape]) => [field, patternSchema(shape).optional()] as const,
  );
  return strictMapping({ event: z.literal(name), ...STEP_KEYS, ...Object.fromEntries(fields) }, 'an event');
});

const STEP = z.discriminatedUnion('event', STEPS as [(typeof STEPS)[number], ...typeof STEPS], {
  error: ({ input }) => {
    const name = (input as { event?: unknown } | null)?.event;
    if (typeof name !== 'string') return 'an event pattern needs "event", the name of the event';
    return `there is no event "${name}"; ${suggestion(name, EVENT_NAMES)}`;
  },
});

const KINDS = ['expr', 'pattern', 'events'] as const;
const EVENT_KEYS = ['never', 'within', 'on'] as const;

const ASSERTION = strictMapping(
  {
    description: text().optional().describe('What it is for; shown when it fails'),
    severity: word(['error', 'warning']).optional().describe('error unless told; --fail-on says what counts'),
    when: text().optional().describe('CEL over the summary document; skipped unless it is true'),
    link: text().optional().describe('Only links whose id contains this; fails when there is none'),
    expr: text().optional().describe('CEL over the summary document; fails unless it is true'),
    pattern: patternSchema(SUMMARY_SHAPE).optional().describe('A part of the summary document'),
    events: z
      .array(STEP, { error: 'must be a list of event patterns' })
      .min(1, 'is empty: it asserts nothing')
      .max(MAX_STEPS, `has more than ${MAX_STEPS} events`)
      .optional()
      .describe('Events that come in this order on one link, others between them'),
    never: z
      .boolean({ error: 'must be true or false' })
      .optional()
      .describe('With events: that they come in this order is what must not happen'),
    within: DURATION.optional().describe('With events: time from the first to the last of them'),
    on: word(['any link', 'every link']).optional().describe('With events: any link unless told'),
  },
  'an assertion',
)
  .check((context) => {
    const given = KINDS.filter((kind) => context.value[kind] !== undefined);
    const problem = (message: string, path: string[]): void => {
      context.issues.push({ code: 'custom', message, path, input: context.value });
    };
    if (given.length === 0) problem('asserts nothing: it needs expr, pattern or events', []);
    if (given.length > 1) problem(`${given.join(' and ')} in one assertion: make two of it`, [given[1]!]);
    if (context.value.events !== undefined) {
      if (context.value.never === true && context.value.on !== undefined)
        problem('never holds on every link: leave out "on"', ['on']);
      return;
    }
    for (const key of EVENT_KEYS)
      if (context.value[key] !== undefined) problem(`"${key}" goes with events only`, [key]);
  })
  .meta({
    id: 'assertion',
    oneOf: KINDS.map((kind) => ({ required: [kind] })),
    dependencies: Object.fromEntries(EVENT_KEYS.map((key) => [key, ['events']])),
  });

const GLOB = text(MAX_NAME);

export const ASSERTION_FILE = strictMapping(
  {
    captures: z
      .union(
        [
          GLOB,
          z.array(GLOB).min(1, 'is empty: name a capture').max(MAX_GLOBS, `has more than ${MAX_GLOBS} globs`),
        ],
        {
          error: 'must be a glob, or a list of globs',
        },
      )
      .optional()
      .describe('Captures to check, as globs relative to this file; those named on the command line win'),
    assertions: z
      .record(
        z
          .string()
          .min(1, 'an assertion without a name')
          .max(MAX_NAME, `a name longer than ${MAX_NAME} characters`),
        ASSERTION,
        {
          error: ({ input }) =>
            input === undefined ? '"assertions" is missing' : 'must be a mapping of names to assertions',
        },
      )
      .refine((value) => Object.keys(value).length > 0, 'is empty: nothing is asserted')
      .refine(
        (value) => Object.keys(value).length <= MAX_ASSERTIONS,
        `has more than ${MAX_ASSERTIONS} of them`,
      )
      .meta({ minProperties: 1, maxProperties: MAX_ASSERTIONS, description: 'Assertions by name' }),
  },
  'an assertion file',
).describe('Assertions on replication for psyncscope check');

export type AssertionFile = z.infer<typeof ASSERTION_FILE>;
export type AssertionSpec = z.infer<typeof ASSERTION>;
export type StepSpec = z.infer<typeof STEP>;

import * as z from 'zod';
import { ANY, BOOLEAN, BYTES, COUNT, MS, type Shape, suggestion, TEXT, TIME } from '../shape.js';
import { LAG_SHAPE, LINK_SHAPE, PAYLOAD_SHAPE, SESSION_SHAPE, SYNC_SHAPE } from '../summary-shape.js';
import { DURATION_PATTERN, parseQuantity, SIZE_PATTERN, UNIT_HINTS, type Unit } from '../units.js';

/**
 * What a pattern may say of a value of a shape, as a schema: a partial value, in which numbers may be ranges and carry units, texts may
 * be told by a wildcard, and lists by what every, some or none of their elements is. Shapes that are used several times give one schema.
 */
const KNOWN_SCHEMAS = new WeakMap<Shape, z.ZodType>();

/** Names of the shapes that are used in many places: their definitions in the JSON Schema. */
const NAMES = new Map<Shape, string>([
  [COUNT, 'count'],
  [BYTES, 'bytes'],
  [MS, 'duration'],
  [TEXT, 'text'],
  [TIME, 'time'],
  [BOOLEAN, 'boolean'],
  [ANY, 'any'],
  [LAG_SHAPE, 'lag'],
  [LINK_SHAPE, 'link'],
  [PAYLOAD_SHAPE, 'payload'],
  [SESSION_SHAPE, 'session'],
  [SYNC_SHAPE, 'sync'],
]);

export function patternSchema(shape: Shape): z.ZodType {
  let schema = KNOWN_SCHEMAS.get(shape);
  if (schema === undefined) {
    const id = NAMES.get(shape);
    schema = id === undefined ? newSchema(shape) : newSchema(shape).meta({ id });
    KNOWN_SCHEMAS.set(shape, schema);
  }
  return schema;
}

/** A mapping with these keys only: another one is an error that names the keys there are. */
export function strictMapping<T extends z.ZodRawShape>(
  shape: T,
  what: string,
): z.ZodObject<T, z.core.$strict> {
  return z.strictObject(shape, { error: (issue) => mappingProblem(issue, Object.keys(shape), what) });
}

function mappingProblem(
  issue: { code?: string; keys?: unknown },
  known: readonly string[],
  what: string,
): string {
  const [key] = Array.isArray(issue.keys) ? (issue.keys as string[]) : [];
  if (issue.code === 'unrecognized_keys' && key !== undefined)
    return `unknown key "${key}"; ${suggestion(key, known)}`;
  return `${what} must be a mapping with keys of: ${known.join(', ')}`;
}

function newSchema(shape: Shape): z.ZodType {
  switch (shape.kind) {
    case 'number':
      return numberSchema(shape);
    case 'text':
      return textSchema(shape.values);
    case 'boolean':
      return z.union([z.boolean(), z.null()], { error: 'must be true, false or null' });
    case 'list': {
      const of = patternSchema(shape.of);
      const about = {
        every: of.optional(),
        some: of.optional(),
        none: of.optional(),
        size: patternSchema(COUNT).optional(),
      };
      return z.union([z.array(of), notEmpty(strictMapping(about, 'a list')), z.null()], {
        error: 'must be a list of patterns, or one of every, some, none, size',
      });
    }
    case 'map':
      return z.union([z.record(z.string(), patternSchema(shape.of)), z.null()], {
        error: 'must be a mapping of names to patterns',
      });
    case 'object': {
      const fields = Object.entries(shape.fields).map(([name, field]) => [
        name,
        patternSchema(field).optional(),
      ]);
      const mapping = strictMapping(Object.fromEntries(fields) as Record<string, z.ZodType>, 'this');
      return z.union([notEmpty(mapping), z.null()], { error: 'must be a mapping of fields to patterns' });
    }
    case 'any':
      return z.union([z.string(), z.number(), z.boolean(), z.null()], {
        error: 'must be a single value: a text, a number, true, false or null',
      });
  }
}

/** A pattern that says nothing holds of everything: that is never what was meant. */
function notEmpty<T extends z.ZodType>(schema: T): T {
  return schema
    .refine((value) => Object.keys(value as object).length > 0, 'is empty: it asserts nothing')
    .meta({ minProperties: 1 });
}

/** An amount of each unit: a number, or a text with the unit, which a count has not. */
const QUANTITIES: Readonly<Record<Unit, z.ZodType>> = {
  bytes: quantity('bytes', 'size', [z.number(), z.string().meta({ pattern: SIZE_PATTERN })]),
  ms: quantity('ms', 'span', [z.number(), z.string().meta({ pattern: DURATION_PATTERN })]),
  count: quantity('count', 'number', [z.number()]),
};

/** The patterns are for editors: what is checked here is that the parser takes it. */
function quantity(unit: Unit, id: string, types: z.ZodType[]): z.ZodType {
  const hint = UNIT_HINTS[unit];
  return z
    .union(types, { error: `must be ${hint}` })
    .refine((value) => parseQuantity(value, unit) !== null, {
      error: ({ input }) => `must be ${hint}, not ${JSON.stringify(input)}`,
    })
    .meta({ id });
}

function numberSchema({ unit }: Shape & { kind: 'number' }): z.ZodType {
  const hint = UNIT_HINTS[unit];
  const quantity = QUANTITIES[unit];
  const range = notEmpty(
    strictMapping(
      {
        min: quantity.optional(),
        max: quantity.optional(),
        above: quantity.optional(),
        below: quantity.optional(),
        not: z.union([quantity, z.null()], { error: `must be ${hint}, or null` }).optional(),
        oneOf: z.array(quantity).min(1, 'is empty: nothing is one of it').optional(),
      },
      'a range',
    ),
  ).refine((value) => isPossible(value, unit), 'no number is in this range');
  return z.union([quantity, range, z.null()], { error: `must be ${hint}, a range {min, max}, or null` });
}

function isPossible(range: Record<string, unknown>, unit: Unit): boolean {
  const bound = (name: string): number | null => parseQuantity(range[name], unit);
  const least = Math.max(bound('min') ?? -Infinity, bound('above') ?? -Infinity);
  const most = Math.min(bound('max') ?? Infinity, bound('below') ?? Infinity);
  const isOpen = range.above !== undefined || range.below !== undefined;
  return least < most || (least === most && !isOpen);
}

function textSchema(values: readonly string[] | null): z.ZodType {
  const word =
    values === null
      ? z.string({ error: 'must be a text' })
      : z.enum(values as [string, ...string[]], {
          error: ({ input }) =>
            `is never ${JSON.stringify(input)}; ${suggestion(typeof input === 'string' ? input : '', values)}`,
        });
  const about = {
    like: z.string({ error: 'must be a text, with * for anything' }).optional(),
    oneOf: z.array(word).min(1, 'is empty: nothing is one of it').optional(),
    not: z.union([word, z.null()], { error: 'must be a text or null' }).optional(),
  };
  return z.union([word, notEmpty(strictMapping(about, 'a text')), z.null()], {
    error: 'must be a text, {like}, {oneOf}, {not}, or null',
  });
}

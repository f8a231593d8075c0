import type { Assertion, Test } from './assertion.js';
import { ExpressionError } from './cel/errors.js';
import { compileExpression, type Expression } from './cel/expression.js';
import { EVENT_SHAPES } from './event-shapes.js';
import type { Sequence, Step } from './events/sequence.js';
import type { Problem } from './file/errors.js';
import { readAssertionFile } from './file/read.js';
import type { AssertionSpec, StepSpec } from './file/schema.js';
import type { YamlText } from './file/yaml.js';
import { parseMs } from './units.js';

export interface CompiledFile {
  /** Globs, relative to the file. */
  readonly captures: readonly string[];
  readonly assertions: readonly Assertion[];
}

/**
 * Compiles the text of an assertion file.
 * @param file Its name, for messages.
 * @throws AssertionFileError with every problem and where it stands.
 */
export function compileFile(file: string, text: string): CompiledFile {
  const { yaml, content } = readAssertionFile(file, text);
  const problems: Problem[] = [];
  const assertions: Assertion[] = [];
  for (const [name, spec] of Object.entries(content.assertions)) {
    const path = ['assertions', name];
    const compiled = compileSpec(name, spec, path, yaml, problems);
    if (compiled !== null) assertions.push(compiled);
  }
  if (problems.length > 0) throw yaml.error(problems);
  const { captures = [] } = content;
  return { captures: typeof captures === 'string' ? [captures] : captures, assertions };
}

/**
 * An assertion of the command line: an expression that is its own name.
 * @param rule What it asserts, in words where it has them.
 * @throws ExpressionError
 */
export function compileInline(source: string, name = source, rule = source): Assertion {
  return {
    name: oneLine(name),
    description: null,
    severity: 'error',
    rule: oneLine(rule),
    file: null,
    line: null,
    when: null,
    link: null,
    test: { kind: 'expr', expression: compileExpression(source) },
  };
}

/** null: it has problems, which were added. */
function compileSpec(
  name: string,
  spec: AssertionSpec,
  path: readonly string[],
  yaml: YamlText,
  problems: Problem[],
): Assertion | null {
  const compiled = (source: string | undefined, key: string): Expression | null => {
    if (source === undefined) return null;
    try {
      return compileExpression(source);
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      const at = error.start === null ? yaml.at([...path, key]) : yaml.within([...path, key], error.start);
      problems.push({ ...at, message: `"${key}": ${error.message}` });
      return null;
    }
  };
  const when = compiled(spec.when, 'when');
  const expression = compiled(spec.expr, 'expr');
  const test = testOf(spec, expression);
  if (test === null) return null;
  return {
    name,
    description: spec.description ?? null,
    severity: spec.severity ?? 'error',
    rule: ruleText(spec),
    file: yaml.file,
    line: yaml.at(path, 'key').line,
    when,
    link: spec.link ?? null,
    test,
  };
}

function testOf(spec: AssertionSpec, expression: Expression | null): Test | null {
  if (spec.events !== undefined) return { kind: 'events', sequence: sequenceOf(spec, spec.events) };
  if (spec.pattern !== undefined) return { kind: 'pattern', pattern: spec.pattern };
  return expression === null ? null : { kind: 'expr', expression };
}

function sequenceOf({ within, never, on }: AssertionSpec, events: readonly StepSpec[]): Sequence {
  return {
    steps: events.map(stepOf),
    within: micros(within),
    never: never === true,
    every: on === 'every link',
  };
}

function stepOf({ event, within, ...pattern }: StepSpec): Step {
  const about = Object.keys(pattern).length === 0 ? '' : ` ${flowText(pattern)}`;
  return { event, within: micros(within), pattern, fields: EVENT_SHAPES[event]!, text: event + about };
}

function micros(duration: string | undefined): number | null {
  return duration === undefined ? null : parseMs(duration)! * 1000;
}

/** What is asserted, on one line. */
function ruleText({ expr, pattern, events, never, within, on }: AssertionSpec): string {
  if (expr !== undefined) return oneLine(expr);
  if (events === undefined) return flowText(pattern);
  const steps = events.map((step) => {
    const { text } = stepOf(step);
    return step.within === undefined ? text : `${text} within ${step.within}`;
  });
  const bound = within === undefined ? '' : `, within ${within}`;
  const where = on === 'every link' ? ', on every link' : '';
  return `${never === true ? 'never ' : ''}${steps.join(', then ')}${bound}${where}`;
}

function oneLine(text: string): string {
  return text.trim().replace(/\s+/g, ' ');
}

/** A value in the manner of YAML's flow style: `{decision: CONTINUE, offset: {min: 1}}`. */
function flowText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flowText).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  return `{${Object.entries(value)
    .map(([name, inner]) => `${name}: ${flowText(inner)}`)
    .join(', ')}}`;
}

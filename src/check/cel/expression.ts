import { createContext, Script } from 'node:vm';
import { type ASTNode, Environment, type ParseResult } from '@marcbachmann/cel-js';
import type { SummaryDocument } from '../../report/document.js';
import { parseMicros } from '../../report/time.js';
import { parseBytes, parseMs } from '../units.js';
import { EvaluationProblem, ExpressionError } from './errors.js';
import { checkFields } from './field-check.js';

/** CEL expressions over the summary document: https://cel.dev, numbers of the document are doubles. */

/** Characters of an expression. */
export const MAX_EXPRESSION = 4096;

/** How long the evaluation of one expression may take, ms. */
const MAX_EVALUATION_MS = 5000;

/** What a parsed expression may consist of. */
const LIMITS = {
  maxAstNodes: 2000,
  maxDepth: 64,
  maxListElements: 500,
  maxMapEntries: 100,
  maxCallArguments: 8,
};

/** Declares what is the same for every expression: numbers of the document and literals are of two types, and calculate together. */
function newEnvironment(unlistedVariablesAreDyn: boolean): Environment {
  const env = new Environment({
    unlistedVariablesAreDyn,
    homogeneousAggregateLiterals: false,
    limits: LIMITS,
  });
  const operators: [string, (a: number, b: number) => number][] = [
    ['+', (a, b) => a + b],
    ['-', (a, b) => a - b],
    ['*', (a, b) => a * b],
    ['/', (a, b) => a / b],
    ['%', (a, b) => a % b],
  ];
  for (const [sign, calculate] of operators) {
    const handler = (a: unknown, b: unknown): number => calculate(Number(a), Number(b));
    env.registerOperator(`double ${sign} int`, handler);
    env.registerOperator(`int ${sign} double`, handler);
    if (sign === '%') env.registerOperator('double % double', handler);
  }
  return env
    .registerFunction('last(list): dyn', (items: unknown[]) => items.at(-1) ?? null)
    .registerFunction('sum(list): double', (items: unknown[]) => numbers(items).reduce((a, b) => a + b, 0))
    .registerFunction('max(list): dyn', (items: unknown[]) => extreme(numbers(items), Math.max))
    .registerFunction('min(list): dyn', (items: unknown[]) => extreme(numbers(items), Math.min))
    .registerFunction('bytesOf(string): double', (text: string) =>
      known(parseBytes(text), `no size: ${text}`),
    )
    .registerFunction('msOf(string): double', (text: string) => known(parseMs(text), `no duration: ${text}`))
    .registerFunction(
      'msBetween(string, string): double',
      (from: string, to: string) => (parseMicros(to) - parseMicros(from)) / 1000,
    );
}

const STRICT = newEnvironment(false)
  .registerVariable('capture', 'dyn')
  .registerVariable('ignored', 'dyn')
  .registerVariable('limits', 'list<dyn>')
  .registerVariable('links', 'list<dyn>')
  .registerVariable('siblings', 'list<dyn>')
  .registerVariable('findings', 'list<dyn>');

/** For parts of an expression, which may speak of variables that a macro bound. */
const LOOSE = newEnvironment(true);

function numbers(items: readonly unknown[]): number[] {
  return items.map((item) => {
    if (item === null) throw new Error('one of the numbers is null: not known from this capture');
    return Number(item);
  });
}

function extreme(items: readonly number[], pick: (a: number, b: number) => number): number | null {
  return items.length === 0 ? null : items.reduce((a, b) => pick(a, b));
}

function known<T>(value: T | null, problem: string): T {
  if (value === null) throw new Error(problem);
  return value;
}

/** An expression that was parsed and found to speak of fields that there are. */
export interface Expression {
  readonly source: string;
  readonly ast: ASTNode;
  /** @throws EvaluationProblem when it cannot be evaluated, or takes too long. */
  evaluate(document: SummaryDocument): unknown;
}

/** @throws ExpressionError */
export function compileExpression(source: string): Expression {
  if (source.trim() === '') throw new ExpressionError('the expression is empty');
  if (source.length > MAX_EXPRESSION)
    throw new ExpressionError(`the expression is longer than ${MAX_EXPRESSION} characters`);
  const parsed = parse(source);
  checkFields(parsed.ast);
  const { valid, type, error } = parsed.check();
  if (!valid) throw new ExpressionError(error!.summary, error!.range?.start ?? null, error!.range?.end);
  if (type !== 'bool' && type !== 'dyn')
    throw new ExpressionError(`the expression must be true or false; this one is of type ${type}`);
  return { source, ast: parsed.ast, evaluate: (document) => evaluateWithin(() => parsed({ ...document })) };
}

function parse(source: string): ParseResult {
  try {
    return STRICT.parse(source);
  } catch (error) {
    const { summary, range } = error as { summary?: string; range?: { start: number; end: number } };
    if (summary === undefined) throw error;
    throw new ExpressionError(plainTokens(summary), range?.start ?? null, range?.end);
  }
}

/** The parser's names of tokens, as what stands there. */
const TOKENS: Record<string, string> = {
  EOF: 'the end of the expression',
  RPAREN: '")"',
  LPAREN: '"("',
  RBRACKET: '"]"',
  LBRACKET: '"["',
  RBRACE: '"}"',
  LBRACE: '"{"',
  COMMA: '","',
  DOT: '"."',
  COLON: '":"',
  QUESTION: '"?"',
};

function plainTokens(summary: string): string {
  const text = summary.replace(/\b[A-Z]{2,}\b/g, (name) => TOKENS[name] ?? name);
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/** Parses a part of an expression that was checked as a whole. */
export function compilePart(source: string): (context: Record<string, unknown>) => unknown {
  return LOOSE.parse(source);
}

const RUN = new Script('run()');

/**
 * Runs an evaluation, which ends after MAX_EVALUATION_MS whatever it does: nested macros over long lists and regular expressions have no
 * other bound. The script only calls back: it is there for its timeout.
 * @throws EvaluationProblem
 */
export function evaluateWithin<T>(run: () => T, limitMs = MAX_EVALUATION_MS): T {
  try {
    return RUN.runInContext(createContext({ run }), { timeout: limitMs }) as T;
  } catch (error) {
    const { code, message, summary } = error as { code?: string; message: string; summary?: string };
    if (code === 'ERR_SCRIPT_EXECUTION_TIMEOUT')
      throw new EvaluationProblem(`the evaluation took longer than ${limitMs / 1000} s`);
    throw new EvaluationProblem(plainProblem(summary ?? message));
  }
}

/** The evaluator's words, where they are about its own types. */
function plainProblem(summary: string): string {
  if (/dyn<null>|<null>/.test(summary)) return 'a value is null: not known from this capture';
  const beyond = /index (-?\d+) >= size (\d+)/.exec(summary);
  if (beyond !== null) return `there is no [${beyond[1]}]: the list has ${beyond[2]}`;
  return summary.replaceAll(/dyn<(\w+)>/g, '$1');
}

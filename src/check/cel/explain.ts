import { type ASTNode, serialize } from '@marcbachmann/cel-js';
import type { SummaryDocument } from '../../report/document.js';
import { compilePart, type Expression, evaluateWithin } from './expression.js';
import { MACROS } from './field-check.js';
import { DocumentPaths, memberPath } from './paths.js';

/** A place where an expression does not hold, and the values that it met there. */
export interface Place {
  /** Path of the innermost element that a macro stood at; null: none. */
  readonly at: string | null;
  readonly values: readonly Met[];
  /** What values do not tell: `links[0].syncs is empty`. */
  readonly notes: readonly string[];
}

export interface Met {
  readonly path: string;
  readonly value: unknown;
}

export interface Explanation {
  /** At most MAX_PLACES of them. */
  readonly places: readonly Place[];
  readonly count: number;
}

/** Places, and values of one place, that are told. */
export const MAX_PLACES = 5;
const MAX_VALUES = 8;

/** Elements of a list in which nothing was found whose values are told. */
const MAX_ELEMENTS = 3;

/** An expression of a macro's body cannot be evaluated: the reason is told where the whole is evaluated. */
const UNKNOWN = Symbol('unknown');

/** Variables that macros bound, and where their values stand. */
type Scope = ReadonlyMap<string, { readonly value: unknown; readonly path: string }>;

/** Why an expression is not true of a document. Takes no longer than an evaluation may. */
export function explain(expression: Expression, document: SummaryDocument): Explanation {
  const explainer = new Explainer(document);
  try {
    const places = evaluateWithin(() => explainer.why(expression.ast, new Map(), null, true));
    return { places: places.slice(0, MAX_PLACES), count: places.length };
  } catch {
    return { places: [], count: 0 };
  }
}

/**
 * The filters of an expression that left nothing of the capture's links: what is said of all of their elements is said of none.
 * Looks only at what must hold in any case, not behind an `||`.
 */
export function emptyFilters(expression: Expression, document: SummaryDocument): string[] {
  const explainer = new Explainer(document);
  try {
    return evaluateWithin(() => explainer.emptyFilters(expression.ast));
  } catch {
    return [];
  }
}

class Explainer {
  readonly #paths: DocumentPaths;
  readonly #document: Record<string, unknown>;
  readonly #compiled = new WeakMap<ASTNode, (context: Record<string, unknown>) => unknown>();

  constructor(document: SummaryDocument) {
    this.#document = { ...document };
    this.#paths = new DocumentPaths(document);
  }

  /** Places that keep the node from being `wanted`. */
  why(node: ASTNode, scope: Scope, at: string | null, wanted: boolean): Place[] {
    switch (node.op) {
      case '!_':
        return this.why(node.args, scope, at, !wanted);
      case '&&':
      case '||': {
        const [left, right] = node.args;
        // One side decides when it is what the operator yields to; otherwise both do.
        const decisive = node.op === '&&' ? !wanted : wanted;
        if (decisive)
          return merge(
            at,
            [left, right].flatMap((side) => this.why(side, scope, at, wanted)),
          );
        const first = this.#value(left, scope);
        return first === wanted ? this.why(right, scope, at, wanted) : this.why(left, scope, at, wanted);
      }
      case '?:': {
        const [condition, yes, no] = node.args;
        const isYes = this.#value(condition, scope) === true;
        const inner = this.why(isYes ? yes : no, scope, at, wanted);
        return merge(at, [...this.#leaf(condition, scope, at), ...inner]);
      }
      case 'rcall':
        return this.#macro(node.args, node, scope, at, wanted) ?? this.#leaf(node, scope, at);
      default:
        return this.#leaf(node, scope, at);
    }
  }

  emptyFilters(node: ASTNode): string[] {
    if (node.op === '&&') return node.args.flatMap((side) => this.emptyFilters(side));
    if (node.op !== 'rcall' || node.args[0] !== 'all') return [];
    const [, receiver] = node.args;
    if (receiver.op !== 'rcall' || receiver.args[0] !== 'filter') return [];
    const items = this.#value(receiver, new Map());
    return Array.isArray(items) && items.length === 0 ? [serialize(receiver)] : [];
  }

  /** null: no macro that this explains. */
  #macro(
    [name, receiver, args]: [string, ASTNode, ASTNode[]],
    node: ASTNode,
    scope: Scope,
    at: string | null,
    wanted: boolean,
  ): Place[] | null {
    const [variable, body] = args;
    if (!MACROS.has(name) || variable?.op !== 'id' || body === undefined) return null;
    const items = this.#value(receiver, scope);
    if (!Array.isArray(items)) return this.#leaf(receiver, scope, at);
    const path = this.#paths.of(items) ?? serialize(receiver);
    if (items.length === 0) return [{ at, values: [], notes: [`${path} is empty`] }];
    const inner = items.map((item, index) => {
      const place = this.#paths.of(item) ?? `${path}[${index}]`;
      return { place, scope: new Map([...scope, [variable.args, { value: item, path: place }]]) };
    });
    if (name === 'all' && wanted)
      return inner
        .filter((each) => this.#value(body, each.scope) !== true)
        .flatMap((each) => this.why(body, each.scope, each.place, true));
    if (name === 'exists' && !wanted)
      return inner
        .filter((each) => this.#value(body, each.scope) === true)
        .flatMap((each) => this.why(body, each.scope, each.place, false));
    if (name === 'exists' || name === 'all') {
      const near = inner
        .slice(0, MAX_ELEMENTS)
        .flatMap((each) => this.why(body, each.scope, each.place, wanted));
      const note = `${name === 'exists' ? 'none' : 'each'} of the ${items.length} in ${path} is such`;
      return merge(at ?? inner[0]!.place, [{ at, values: [], notes: [note] }, ...near]);
    }
    if (name === 'exists_one') {
      const found = inner.filter((each) => this.#value(body, each.scope) === true);
      const note = `${found.length} of the ${items.length} in ${path} are such`;
      return [{ at: found[0]?.place ?? at, values: [], notes: [note] }];
    }
    return this.#leaf(node, scope, at);
  }

  /** The values that a comparison, a call or a field reads. */
  #leaf(node: ASTNode, scope: Scope, at: string | null): Place[] {
    const values: Met[] = [];
    this.#collect(node, scope, values);
    const seen = new Map(values.map((met) => [met.path, met]));
    return [{ at, values: [...seen.values()].slice(0, MAX_VALUES), notes: [] }];
  }

  #collect(node: ASTNode, scope: Scope, values: Met[]): void {
    switch (node.op) {
      case 'value':
        return;
      case 'id':
      case '.':
      case '.?':
      case '[]':
      case '[?]':
        this.#collectValue(node, scope, values);
        return;
      case 'call':
      case 'rcall':
        this.#collectCall(node, scope, values);
        return;
      case '!_':
      case '-_':
        this.#collect(node.args, scope, values);
        return;
      case 'map':
        for (const entry of node.args) for (const part of entry) this.#collect(part, scope, values);
        return;
      case 'list':
      case '?:':
        for (const part of node.args) this.#collect(part, scope, values);
        return;
      default:
        for (const part of node.args) this.#collect(part, scope, values);
    }
  }

  /** Of a list its length; objects say nothing by themselves. */
  #collectValue(node: ASTNode, scope: Scope, values: Met[]): void {
    const value = this.#shown(node, scope);
    const path = this.#path(node, scope);
    if (Array.isArray(value)) values.push({ path: `${path}.size()`, value: value.length });
    else if (value === null || (value !== undefined && typeof value !== 'object'))
      values.push({ path, value });
  }

  /** A call that gives a number or a text is told as a whole; of one that gives true or false, what it read. */
  #collectCall(node: ASTNode & { op: 'call' | 'rcall' }, scope: Scope, values: Met[]): void {
    const value = this.#shown(node, scope);
    const isMacro = node.op === 'rcall' && MACROS.has(node.args[0]);
    const isScalar = typeof value === 'number' || typeof value === 'string' || value === null;
    if (isScalar || Array.isArray(value)) {
      const path = this.#path(node, scope);
      values.push(Array.isArray(value) ? { path: `${path}.size()`, value: value.length } : { path, value });
      return;
    }
    if (isMacro) return;
    const parts = node.op === 'call' ? node.args[1] : [node.args[1], ...node.args[2]];
    for (const part of parts) this.#collect(part, scope, values);
  }

  /** Where a value stands in the document; the words of the expression where it does not come from there as it is. */
  #path(node: ASTNode, scope: Scope): string {
    if (node.op === 'id') return scope.get(node.args)?.path ?? node.args;
    if (node.op === '.' || node.op === '.?') {
      const receiver = this.#value(node.args[0], scope);
      return memberPath(this.#paths.of(receiver) ?? this.#path(node.args[0], scope), node.args[1]);
    }
    if (node.op === '[]' || node.op === '[?]') {
      const receiver = this.#paths.of(this.#value(node.args[0], scope)) ?? this.#path(node.args[0], scope);
      const key = this.#value(node.args[1], scope);
      return typeof key === 'string' ? memberPath(receiver, key) : `${receiver}[${String(key)}]`;
    }
    if (node.op === 'rcall' && !MACROS.has(node.args[0])) {
      const [name, receiver, args] = node.args;
      return `${this.#path(receiver, scope)}.${name}(${args.map((arg) => serialize(arg)).join(', ')})`;
    }
    return serialize(node);
  }

  /** A value as it can be shown: what cannot be evaluated is null, a BigInt a number. */
  #shown(node: ASTNode, scope: Scope): unknown {
    const value = this.#value(node, scope);
    if (value === UNKNOWN) return node.op === 'call' || node.op === 'rcall' ? UNKNOWN : undefined;
    return typeof value === 'bigint' ? Number(value) : value;
  }

  #value(node: ASTNode, scope: Scope): unknown {
    try {
      let run = this.#compiled.get(node);
      if (run === undefined) {
        run = compilePart(serialize(node));
        this.#compiled.set(node, run);
      }
      const context = { ...this.#document };
      for (const [name, { value }] of scope) context[name] = value;
      return run(context);
    } catch {
      return UNKNOWN;
    }
  }
}

/** One place of several, which together are the reason. */
function merge(at: string | null, places: readonly Place[]): Place[] {
  const values = new Map(places.flatMap((place) => place.values).map((met) => [met.path, met]));
  const inner = places.find((place) => place.at !== null)?.at ?? null;
  return [
    {
      at: inner ?? at,
      values: [...values.values()].slice(0, MAX_VALUES),
      notes: places.flatMap((place) => place.notes).slice(0, MAX_VALUES),
    },
  ];
}

import type { ASTNode } from '@marcbachmann/cel-js';
import { ANY, BOOLEAN, COUNT, list, type Shape, suggestion, TEXT } from '../shape.js';
import { SUMMARY_SHAPE } from '../summary-shape.js';
import { ExpressionError, ROOTS } from './errors.js';

/** Macros that bind a variable to each element of a list. */
export const MACROS = new Set(['all', 'exists', 'exists_one', 'filter', 'map']);

type Scope = ReadonlyMap<string, Shape>;

/**
 * Follows an expression through the shape of the summary document.
 * @throws ExpressionError for a name or a field that is not there, a word that a field never has, and an expression that reads nothing
 * of the document.
 */
export function checkFields(ast: ASTNode): void {
  const scope = new Map<string, Shape>(ROOTS.map((name) => [name, SUMMARY_SHAPE.fields[name]!]));
  const walk = new Walk();
  walk.shapeOf(ast, scope);
  if (!walk.readsDocument)
    throw new ExpressionError(`the expression reads nothing of the capture (${ROOTS.join(', ')})`, 0);
}

class Walk {
  readsDocument = false;

  shapeOf(node: ASTNode, scope: Scope): Shape {
    switch (node.op) {
      case 'value':
        return typeof node.args === 'string' ? TEXT : typeof node.args === 'boolean' ? BOOLEAN : ANY;
      case 'id':
        return this.#variable(node.args, node, scope);
      case '.':
      case '.?':
        return this.#field(this.shapeOf(node.args[0], scope), node.args[1], node);
      case '[]':
      case '[?]': {
        const [receiver, key] = node.args;
        const shape = this.shapeOf(receiver, scope);
        this.shapeOf(key, scope);
        if (shape.kind === 'list' || shape.kind === 'map') return shape.of;
        if (shape.kind === 'object' && key.op === 'value' && typeof key.args === 'string')
          return this.#field(shape, key.args, key);
        return ANY;
      }
      case 'call':
        return this.#call(node.args[0], node.args[1], scope);
      case 'rcall':
        return this.#method(node.args, scope);
      case 'list': {
        const items = node.args.map((item) => this.shapeOf(item, scope));
        return list(items[0] ?? ANY);
      }
      case 'map':
        for (const [key, value] of node.args) {
          this.shapeOf(key, scope);
          this.shapeOf(value, scope);
        }
        return ANY;
      case '?:': {
        const [condition, yes, no] = node.args;
        this.shapeOf(condition, scope);
        const shapes = [this.shapeOf(yes, scope), this.shapeOf(no, scope)] as const;
        return shapes[0] === shapes[1] ? shapes[0] : ANY;
      }
      case '!_':
      case '-_':
        return this.shapeOf(node.args, scope);
      case '==':
      case '!=': {
        const [left, right] = node.args;
        checkWord(this.shapeOf(left, scope), right);
        checkWord(this.shapeOf(right, scope), left);
        return BOOLEAN;
      }
      case 'in': {
        const [word, words] = node.args;
        const shape = this.shapeOf(word, scope);
        this.shapeOf(words, scope);
        if (words.op === 'list') for (const each of words.args) checkWord(shape, each);
        return BOOLEAN;
      }
      default:
        for (const part of node.args) this.shapeOf(part, scope);
        return ANY;
    }
  }

  #variable(name: string, node: ASTNode, scope: Scope): Shape {
    const shape = scope.get(name);
    if (shape === undefined)
      throw new ExpressionError(
        `there is no "${name}" here; ${suggestion(name, [...scope.keys()])}`,
        node.start,
        node.end,
      );
    if (ROOTS.some((root) => root === name)) this.readsDocument = true;
    return shape;
  }

  #field(shape: Shape, name: string, node: ASTNode): Shape {
    // The node of a member begins with its receiver: the name is at its end.
    const start = Math.max(node.start, node.end - name.length);
    if (shape.kind === 'any') return ANY;
    if (shape.kind === 'map') return shape.of;
    if (shape.kind === 'object') {
      const field = Object.hasOwn(shape.fields, name) ? shape.fields[name] : undefined;
      if (field !== undefined) return field;
      const names = Object.keys(shape.fields);
      throw new ExpressionError(`there is no field "${name}"; ${suggestion(name, names)}`, start, node.end);
    }
    if (shape.kind === 'list')
      throw new ExpressionError(
        `a list has no field "${name}": ask all(x, x.${name} …), exists(x, …), or one of it, [0].${name}`,
        start,
        node.end,
      );
    throw new ExpressionError(`a ${shape.kind} has no field "${name}"`, start, node.end);
  }

  #call(name: string, args: readonly ASTNode[], scope: Scope): Shape {
    const shapes = args.map((arg) => this.shapeOf(arg, scope));
    const [first] = shapes;
    if (name === 'last' && first?.kind === 'list') return first.of;
    if (name === 'dyn') return ANY;
    return name === 'size' ? COUNT : ANY;
  }

  #method([name, receiver, args]: [string, ASTNode, ASTNode[]], scope: Scope): Shape {
    if (name === 'bind' && receiver.op === 'id' && receiver.args === 'cel') {
      const [variable, value, body] = args;
      if (variable?.op !== 'id' || value === undefined || body === undefined) return ANY;
      return this.shapeOf(body, new Map([...scope, [variable.args, this.shapeOf(value, scope)]]));
    }
    const shape = this.shapeOf(receiver, scope);
    const [variable, ...bodies] = args;
    if (MACROS.has(name) && variable?.op === 'id') {
      const element = shape.kind === 'list' ? shape.of : shape.kind === 'map' ? TEXT : ANY;
      const inner = new Map([...scope, [variable.args, element]]);
      const results = bodies.map((body) => this.shapeOf(body, inner));
      if (name === 'filter') return shape;
      return name === 'map' ? list(results.at(-1) ?? ANY) : BOOLEAN;
    }
    for (const arg of args) this.shapeOf(arg, scope);
    return name === 'size' ? COUNT : ANY;
  }
}

/** A comparison that can never hold is a slip of the pen. */
function checkWord(shape: Shape, other: ASTNode): void {
  if (shape.kind !== 'text' || shape.values === null) return;
  if (other.op !== 'value' || typeof other.args !== 'string' || shape.values.includes(other.args)) return;
  throw new ExpressionError(
    `it is never "${other.args}"; ${suggestion(other.args, shape.values)}`,
    other.start,
    other.end,
  );
}

import { isMap, isNode, isPair, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { AssertionFileError, type Position, type Problem } from './errors.js';

/** Characters of a file; problems told; how often aliases may be put in. */
const MAX_FILE = 512 * 1024;
const MAX_PROBLEMS = 20;
const MAX_ALIASES = 100;

/** Collections within each other: deeper than any assertion, shallower than the stack of the parser. */
const MAX_DEPTH = 100;

const START: Position = { line: 1, column: 1 };

/** A YAML text as a value, and where each part of it stands. */
export class YamlText {
  readonly value: unknown;
  readonly #root: Node | null;
  readonly #lines = new LineCounter();
  readonly #text: string;

  /** @throws AssertionFileError for what is no YAML, or too much of it. */
  constructor(
    readonly file: string,
    text: string,
  ) {
    this.#text = text;
    if (text.length > MAX_FILE) throw this.error([{ ...START, message: 'the file is longer than 512 KiB' }]);
    if (isTooDeep(text)) throw this.error([{ ...START, message: `nested deeper than ${MAX_DEPTH} levels` }]);
    const document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false });
    const broken = [...document.errors, ...document.warnings];
    if (broken.length > 0)
      throw this.error(
        broken.map(({ message, pos }) => ({ ...this.#position(pos[0]), message: plain(message) })),
      );
    this.#root = document.contents as Node | null;
    if (this.#root === null) throw this.error([{ ...START, message: 'the file is empty' }]);
    try {
      this.value = document.toJS({ maxAliasCount: MAX_ALIASES });
    } catch (error) {
      const message = /alias count/i.test((error as Error).message)
        ? `aliases put in more than ${MAX_ALIASES} times`
        : (error as Error).message;
      throw this.error([{ ...START, message }]);
    }
  }

  error(problems: readonly Problem[]): AssertionFileError {
    const sorted = [...problems].sort((a, b) => a.line - b.line || a.column - b.column);
    const more = sorted.length - MAX_PROBLEMS;
    const told = sorted.slice(0, MAX_PROBLEMS);
    if (more > 0) told.push({ ...told.at(-1)!, message: `and ${more} more` });
    return new AssertionFileError(this.file, told);
  }

  /** Where a value stands, or its key; the nearest part around it that is there. */
  at(path: readonly PropertyKey[], what: 'key' | 'value' = 'value'): Position {
    let node: Node | null = this.#root;
    let offset = node?.range?.[0] ?? 0;
    for (const [index, part] of path.entries()) {
      const found = child(node, part);
      if (found === null) break;
      const isLast = index === path.length - 1;
      offset =
        (isLast && what === 'key' ? found.key : found.value)?.range?.[0] ?? found.key?.range?.[0] ?? offset;
      node = found.value;
    }
    return this.#position(offset);
  }

  /** Where character `index` of a text value stands: exact for one on a single line, and for blocks. */
  within(path: readonly PropertyKey[], index: number): Position {
    let node: Node | null = this.#root;
    for (const part of path) node = child(node, part)?.value ?? null;
    if (node === null || !isScalar(node) || typeof node.value !== 'string' || node.range == null)
      return this.at(path);
    const [from, to] = node.range;
    const raw = this.#text.slice(from, to);
    const whole = raw.indexOf(node.value);
    if (whole !== -1) return this.#position(from + whole + index);
    // A block, or a text over several lines: the line that holds the character, as it stands in the file.
    const before = node.value.slice(0, index);
    const lineStart = before.lastIndexOf('\n') + 1;
    const line = node.value.slice(lineStart).split('\n', 1)[0]!;
    const inRaw = line.trim() === '' ? -1 : raw.indexOf(line);
    return inRaw === -1 ? this.at(path) : this.#position(from + inRaw + index - lineStart);
  }

  #position(offset: number): Position {
    const { line, col } = this.#lines.linePos(offset);
    return line === 0 ? START : { line, column: col };
  }
}

function child(node: Node | null, part: PropertyKey): { key: Node | null; value: Node | null } | null {
  if (isSeq(node)) {
    const item = node.items[Number(part)];
    return isNode(item) ? { key: item, value: item } : null;
  }
  if (!isMap(node)) return null;
  for (const pair of node.items) {
    if (!isPair(pair) || !isScalar(pair.key) || String(pair.key.value) !== String(part)) continue;
    return { key: pair.key, value: isNode(pair.value) ? pair.value : null };
  }
  return null;
}

/** The parser goes down with the nesting: brackets and indentation are counted before it does. */
function isTooDeep(text: string): boolean {
  let open = 0;
  let indentation = 0;
  let dashes = 0;
  let atStart = true;
  for (const char of text) {
    if (char === '\n') {
      atStart = true;
      indentation = 0;
      dashes = 0;
      continue;
    }
    if (atStart && (char === ' ' || char === '-' || char === '?')) {
      if (char === ' ') indentation++;
      else dashes++;
      if (dashes > MAX_DEPTH || indentation > MAX_DEPTH * 8) return true;
      continue;
    }
    atStart = false;
    if (char === '[' || char === '{') open++;
    else if ((char === ']' || char === '}') && open > 0) open--;
    if (open > MAX_DEPTH) return true;
  }
  return false;
}

/** The parser's words without its advice to programmers. */
function plain(message: string): string {
  if (message.startsWith('Source contains multiple documents'))
    return 'the file holds several documents (---)';
  return message.charAt(0).toLowerCase() + message.slice(1);
}

import type * as z from 'zod';
import type { Problem } from './errors.js';
import { ASSERTION_FILE, type AssertionFile } from './schema.js';
import { YamlText } from './yaml.js';

export interface ReadFile {
  readonly yaml: YamlText;
  readonly content: AssertionFile;
}

/**
 * Reads the text of an assertion file.
 * @param file Its name, for messages.
 * @throws AssertionFileError with every problem and its line and column.
 */
export function readAssertionFile(file: string, text: string): ReadFile {
  const yaml = new YamlText(file, text);
  // Records are read without this name, and the assertion would be forgotten.
  if (hasName(yaml.value, '__proto__'))
    throw yaml.error([
      { ...yaml.at(['assertions', '__proto__'], 'key'), message: 'no name for an assertion' },
    ]);
  const result = ASSERTION_FILE.safeParse(yaml.value);
  if (!result.success)
    throw yaml.error(causes(result.error.issues).flatMap((issue) => problemsOf(issue, [], yaml)));
  return { yaml, content: result.data };
}

function hasName(content: unknown, name: string): boolean {
  const { assertions } = (content ?? {}) as { assertions?: unknown };
  return typeof assertions === 'object' && assertions !== null && Object.hasOwn(assertions, name);
}

type Issue = z.core.$ZodIssue;

/** Where a key is misspelt, what it was to give is missing as well: only the key is told. */
function causes(issues: readonly Issue[]): Issue[] {
  const nameOf = (path: readonly PropertyKey[]): string => JSON.stringify(path);
  const misspelt = new Set(
    issues.filter(({ code }) => code === 'unrecognized_keys').map(({ path }) => nameOf(path)),
  );
  return issues.filter(({ code, path, message }) => {
    const isMissing = code === 'invalid_type' && message.endsWith('is missing');
    if (isMissing) return !misspelt.has(nameOf(path.slice(0, -1)));
    return code !== 'custom' || !misspelt.has(nameOf(path));
  });
}

function problemsOf(issue: Issue, above: readonly PropertyKey[], yaml: YamlText): Problem[] {
  const path = [...above, ...issue.path];
  if (issue.code === 'invalid_union') {
    const inner = likeliest(issue.errors);
    if (inner !== null) return inner.flatMap((each) => problemsOf(each, path, yaml));
  }
  if (issue.code === 'invalid_key')
    return [{ ...yaml.at(path, 'key'), message: issue.issues[0]?.message ?? issue.message }];
  if (issue.code === 'unrecognized_keys') {
    // The message of the mapping names the first key only: each has its own place.
    return issue.keys.map((key) => ({
      ...yaml.at([...path, key], 'key'),
      message: issue.message.replace(JSON.stringify(issue.keys[0]).slice(1, -1), key),
    }));
  }
  return [{ ...yaml.at(path), message: named(path, issue.message) }];
}

/** Problems of a value as a whole that tell what it was meant to be all the same. */
const AT_ONCE = new Set(['unrecognized_keys', 'custom', 'invalid_value']);

/**
 * Of a value that may be one of several things: the problems inside the one that it was meant to be, which is the one whose problems
 * are not about the value as a whole. null: it is none of them.
 */
function likeliest(branches: readonly (readonly Issue[])[]): readonly Issue[] | null {
  const inside = branches.filter((issues) =>
    issues.every(({ code, path }) => path.length > 0 || AT_ONCE.has(code)),
  );
  return inside.sort((a, b) => a.length - b.length)[0] ?? null;
}

/** A message that begins with a verb is about the last name of its path. */
function named(path: readonly PropertyKey[], message: string): string {
  if (!/^(must|is|has|asserts) /.test(message)) return message;
  const last = path.findLast((part) => typeof part === 'string');
  return last === undefined ? message : `"${String(last)}" ${message}`;
}

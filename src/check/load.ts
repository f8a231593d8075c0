import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { glob } from 'tinyglobby';
import type { Assertion } from './assertion.js';
import { type CommonLimits, commonAssertions } from './common.js';
import { compileFile, compileInline } from './compile.js';
import { UnreadableAssertions } from './file/errors.js';

/** Where assertions come from; all of them are checked. */
export interface AssertionSources {
  /** Paths of assertion files (YAML, docs/check.md). */
  files?: readonly string[] | undefined;
  /** Expressions over the summary document (CEL). */
  expressions?: readonly string[] | undefined;
  /** Common limits. */
  limits?: CommonLimits | undefined;
}

export interface LoadedAssertions {
  readonly assertions: readonly Assertion[];
  /** Globs of the files, relative to where we are. */
  readonly captures: readonly string[];
}

/** Captures that one glob may match. */
const MAX_CAPTURES = 10_000;

/**
 * Reads and compiles assertions.
 * @throws AssertionFileError, ExpressionError, UnreadableAssertions
 */
export async function loadAssertions({
  files = [],
  expressions = [],
  limits = {},
}: AssertionSources): Promise<LoadedAssertions> {
  const assertions: Assertion[] = [];
  const captures: string[] = [];
  for (const file of files) {
    const compiled = compileFile(file, await readText(file));
    assertions.push(...compiled.assertions);
    captures.push(
      ...compiled.captures.map((pattern) => (isAbsolute(pattern) ? pattern : join(dirname(file), pattern))),
    );
  }
  assertions.push(...expressions.map((expression) => compileInline(expression)), ...commonAssertions(limits));
  return { assertions, captures };
}

async function readText(path: string): Promise<string> {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path));
  } catch (error) {
    const reason = error instanceof TypeError ? 'it is no UTF-8 text' : (error as Error).message;
    throw new UnreadableAssertions(`${path}: ${reason}`);
  }
}

/** Paths that a glob matches, in order of their names; a path that is there is itself, whatever characters it has. */
export async function matchCaptures(pattern: string): Promise<string[]> {
  if (existsSync(pattern)) return [pattern];
  const found = await glob(pattern.replaceAll('\\', '/'), {
    expandDirectories: false,
    onlyFiles: true,
    dot: true,
    // As the pattern has it.
    absolute: isAbsolute(pattern),
  });
  return found.sort().slice(0, MAX_CAPTURES);
}

/** Is it a pattern rather than a name? */
export function isGlob(path: string): boolean {
  return /[*?[{]/.test(path);
}

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCli } from './run-cli.js';

/**
 * Outputs pasted into README.md and docs/: a fenced block right behind `<!-- output: ARGUMENTS -->` is what `psyncscope ARGUMENTS`
 * prints on standard output, 100 columns wide; `<!-- output, 80 columns: ARGUMENTS -->` names another width.
 */
export interface PastedOutput {
  /** Of the page, from the top of the repository. */
  page: string;
  args: string[];
  columns: number;
  /** Without the last newline. */
  text: string;
  /** Where the text stands in the page, [from, to). */
  from: number;
  to: number;
}

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const MARKED = /<!-- output(?:, (\d+) columns)?: (.+?) -->\n+```\w*\n([\s\S]*?)\n```/g;
/** One that would swallow what follows, up to the next fence. */
const EMPTY = /<!-- output[^>]* -->\n+```\w*\n```/;
const COLUMNS = 100;
/** Exit codes of a program that did what it was asked: 1 tells that something was found. */
const DONE = [0, 1];

/** All pasted outputs, page by page in the order in which they stand there. */
export function pastedOutputs(): PastedOutput[] {
  return pages().flatMap((page) => {
    const source = readFileSync(join(ROOT, page), 'utf8');
    if (EMPTY.test(source)) throw new Error(`${page}: an output is empty; give it a line to be renewed`);
    return [...source.matchAll(MARKED)].map(([whole, columns, args, text], index, all) => {
      const to = all[index]!.index + whole.length - '\n```'.length;
      return {
        page,
        args: args!.split(' '),
        columns: Number(columns ?? COLUMNS),
        text: text!,
        from: to - text!.length,
        to,
      };
    });
  });
}

/**
 * What the program prints now, run at the top of the repository.
 * @throws Error when it fails or prints nothing: that is no output to show.
 */
export async function currentOutput({ args, columns }: PastedOutput): Promise<string> {
  const { code, stdout, stderr } = await runCli(args, { env: { COLUMNS: String(columns) }, cwd: ROOT });
  if (code === null || !DONE.includes(code) || stdout === '')
    throw new Error(`psyncscope ${args.join(' ')} ended with ${code}: ${stderr}`);
  return stdout.trimEnd();
}

/** The page of an output, as an absolute path. */
export function pagePath(page: string): string {
  return join(ROOT, page);
}

function pages(): string[] {
  const docs = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' });
  return [
    'README.md',
    ...docs.filter((name) => name.endsWith('.md')).map((name) => join('docs', name)),
  ].sort();
}

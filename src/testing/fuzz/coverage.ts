import { Session } from 'node:inspector/promises';
import { fileURLToPath } from 'node:url';

/** What of the code was run, told by V8 itself. */

export interface Reached {
  /** Files that were loaded of the folders that were asked for. */
  files: number;
  functions: number;
  functionsReached: number;
  /** Characters of code without blanks and comments, as it was loaded. */
  characters: number;
  charactersReached: number;
  /** By folder, from the least reached one: its name and the share of characters. */
  folders: [folder: string, share: number][];
  /** `file: function` that never ran. */
  notReached: string[];
}

const SOURCE = fileURLToPath(new URL('../../', import.meta.url));

/** Counts what runs from now on; functions that ran before are taken to have run only if they do so again. */
export class CoverageMeter {
  readonly #session = new Session();
  readonly #folders: readonly string[];

  /** @param folders of src/ */
  constructor(folders: readonly string[]) {
    this.#folders = folders;
  }

  async start(): Promise<void> {
    this.#session.connect();
    await this.#session.post('Profiler.enable');
    await this.#session.post('Profiler.startPreciseCoverage', { callCount: false, detailed: true });
  }

  async stop(): Promise<Reached> {
    const { result } = await this.#session.post('Profiler.takePreciseCoverage');
    this.#session.disconnect();
    const byFolder = new Map<string, [reached: number, all: number]>();
    const reached: Reached = {
      ...{ files: 0, functions: 0, functionsReached: 0, characters: 0, charactersReached: 0 },
      ...{ folders: [], notReached: [] },
    };
    for (const { url, functions } of result) {
      const file = this.#fileOf(url);
      if (file === null) continue;
      reached.files++;
      // The module itself and what its classes begin with ran when it was loaded, before the count began.
      const [whole, ...inner] = functions.filter(
        ({ functionName }) => functionName !== '<static_initializer>',
      );
      const isRun = new Uint8Array(whole!.ranges[0]!.endOffset).fill(1);
      // Outer ranges come before those within them.
      for (const { functionName, ranges } of inner) {
        for (const { startOffset, endOffset, count } of ranges)
          isRun.fill(count > 0 ? 1 : 0, startOffset, endOffset);
        reached.functions++;
        if (ranges[0]!.count > 0) reached.functionsReached++;
        else if (functionName !== '') reached.notReached.push(`${file}: ${functionName}`);
      }
      const run = isRun.reduce((sum, each) => sum + each, 0);
      reached.characters += isRun.length;
      reached.charactersReached += run;
      const folder = file.slice(0, file.indexOf('/'));
      const sums = byFolder.get(folder) ?? [0, 0];
      byFolder.set(folder, [sums[0] + run, sums[1] + isRun.length]);
    }
    reached.folders = [...byFolder].map(([folder, [run, all]]): [string, number] => [folder, run / all]);
    reached.folders.sort((a, b) => a[1] - b[1]);
    return reached;
  }

  /** Path below src/, or null for code that is not looked at. */
  #fileOf(url: string): string | null {
    if (!url.startsWith('file:')) return null;
    const path = fileURLToPath(url);
    if (!path.startsWith(SOURCE) || path.endsWith('.test.ts')) return null;
    const file = path.slice(SOURCE.length);
    return this.#folders.some((folder) => file.startsWith(`${folder}/`)) ? file : null;
  }
}

import { toAscii } from './ascii.js';
import { wrapWords } from './layout.js';
import type { TextOptions } from './options.js';
import { displayWidth, padRight } from './width.js';

/** A scenario of the demonstration, as the list of them shows it. */
export interface SceneTitle {
  readonly name: string;
  readonly title: string;
}

const MARK = '── ';

/** What is above it all: which story it is, and where it is played. */
export function titleLines(
  { name, title }: SceneTitle,
  where: string,
  { width, chalk }: TextOptions,
): string[] {
  const head = wrapWords(`${name}: ${title}`, width);
  return [...head.map((line) => chalk.bold(line)), ...wrapWords(where, width).map((line) => chalk.dim(line))];
}

/** What a scenario says between the events: set apart from them, without a time. */
export function sceneLines(text: string, { width, chalk, ascii }: TextOptions): string[] {
  const mark = ascii ? toAscii(MARK) : MARK;
  const lines = wrapWords(text, width - displayWidth(mark));
  return ['', ...lines.map((line, index) => (index === 0 ? mark : '   ') + chalk.bold(line))];
}

/** One line a scenario. */
export function scenarioListText(scenarios: readonly SceneTitle[], { width, chalk }: TextOptions): string {
  const column = Math.max(...scenarios.map(({ name }) => displayWidth(name))) + 2;
  const lines = scenarios.flatMap(({ name, title }) =>
    wrapWords(title, width - column).map((line, index) =>
      index === 0 ? chalk.bold(padRight(name, column)) + line : ' '.repeat(column) + line,
    ),
  );
  return lines.join('\n');
}

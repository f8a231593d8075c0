import type { Readable } from 'node:stream';

/** Characters of a line that are kept. */
const LINE_CHARACTERS = 1000;

/** Complaints that are kept: the last ones, since the last tells why it ended. */
const KEPT_LINES = 20;

/** Reads a child's standard error by lines and remembers the last that are complaints; what it keeps is bounded. */
export class StderrLines {
  readonly #idle: RegExp;
  readonly #onLine: (line: string) => void;
  readonly #complaints: string[] = [];
  #rest = '';

  /** @param idle lines that are no complaint. @param onLine is told every line. */
  constructor(stream: Readable, idle: RegExp, onLine: (line: string) => void) {
    this.#idle = idle;
    this.#onLine = onLine;
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => this.#add(text));
    stream.on('end', () => this.#line(this.#rest));
    stream.on('error', () => {});
  }

  /** The last complaints, one a line, without the program's name in front. */
  get complaints(): string {
    return this.#complaints.join('\n');
  }

  #add(text: string): void {
    const lines = (this.#rest + text).split(/[\r\n]/);
    this.#rest = (lines.pop() ?? '').slice(0, LINE_CHARACTERS);
    for (const line of lines) this.#line(line);
  }

  #line(text: string): void {
    const line = text.slice(0, LINE_CHARACTERS);
    if (line === '') return;
    this.#onLine(line);
    if (this.#idle.test(line)) return;
    this.#complaints.push(line.replace(/^\w+: /, ''));
    if (this.#complaints.length > KEPT_LINES) this.#complaints.shift();
  }
}

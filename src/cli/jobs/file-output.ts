import { safeJson } from '../../report/json.js';
import { BufferedDescriptor } from '../descriptor.js';
import { noteOutputClosed } from '../output.js';

/**
 * Standard output for the lines of one capture among several: each is a JSON object that is given the field `file` at its end.
 * A line is written before the next one is made, so that a slow reader costs time and no memory.
 */
export class FileOutput {
  readonly #descriptor = new BufferedDescriptor();
  readonly #encoder = new TextEncoder();
  readonly #end: string;

  constructor(path: string) {
    this.#end = `,"file":${safeJson(path)}}\n`;
  }

  line(json: string): void {
    this.#descriptor.write(this.#encoder.encode(json.slice(0, -1) + this.#end));
    this.#noteClosed();
  }

  flush(): void {
    this.#descriptor.flush();
    this.#noteClosed();
  }

  #noteClosed(): void {
    if (this.#descriptor.closed) noteOutputClosed();
  }
}

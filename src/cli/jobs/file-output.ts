import { safeJson } from '../../report/json.js';
import { Output } from '../output.js';

/** Standard output for the lines of one capture among several: each is a JSON object that is given the field `file` at its end. */
export class FileOutput {
  readonly #output = new Output();
  readonly #end: string;

  constructor(path: string) {
    this.#end = `,"file":${safeJson(path)}}`;
  }

  line(json: string): void {
    this.#output.line(json.slice(0, -1) + this.#end);
  }

  flush(): void {
    this.#output.flush();
  }
}

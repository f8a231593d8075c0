import type { SummaryDocument } from '../../report/document.js';

/** Where each object and list of a document stands: `links[0].sessions[1].lag`. */
export class DocumentPaths {
  readonly #paths = new Map<object, string>();

  constructor(document: SummaryDocument) {
    for (const [name, value] of Object.entries(document)) this.#add(name, value);
  }

  /** The path of a value; null for one that is not part of the document, and for numbers, texts and null. */
  of(value: unknown): string | null {
    return typeof value === 'object' && value !== null ? (this.#paths.get(value) ?? null) : null;
  }

  #add(path: string, value: unknown): void {
    if (typeof value !== 'object' || value === null) return;
    this.#paths.set(value, path);
    if (Array.isArray(value)) value.forEach((item, index) => void this.#add(`${path}[${index}]`, item));
    else for (const [name, inner] of Object.entries(value)) this.#add(memberPath(path, name), inner);
  }
}

/** `stream.byCommand["CONFIG SET"]` where a name is no word. */
export function memberPath(path: string, name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) ? `${path}.${name}` : `${path}[${JSON.stringify(name)}]`;
}

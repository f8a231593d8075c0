import type { Finding } from '../../replication/model.js';
import { escapeText } from '../escape.js';
import { bytesText, countText, durationText } from '../units.js';

/** A finding's evidence as words: every number of it may be unknown. */

export interface Words {
  message: string;
  advice: string | null;
}

export type Wording = (evidence: Evidence) => Words;

const TEXT_COLUMNS = 60;

/** Reads the values of an evidence for sentences. Texts of the wire are made safe to print. */
export class Evidence {
  readonly #values: Finding['evidence'];

  constructor(values: Finding['evidence']) {
    this.#values = values;
  }

  /** null: not known. */
  number(name: string): number | null {
    const value = this.#values[name];
    return typeof value === 'number' ? value : null;
  }

  /** 0 where not known. */
  count(name: string): number {
    return this.number(name) ?? 0;
  }

  flag(name: string): boolean {
    return this.count(name) > 0;
  }

  text(name: string): string {
    const value = this.#values[name];
    return value === null || value === undefined ? '?' : escapeText(String(value), TEXT_COLUMNS);
  }

  bytes(name: string): string {
    const value = this.number(name);
    return value === null ? '?' : bytesText(value);
  }

  duration(name: string): string {
    const value = this.number(name);
    return value === null ? '?' : durationText(value);
  }

  grouped(name: string): string {
    const value = this.number(name);
    return value === null ? '?' : countText(value);
  }

  /** `1,200 B/s` */
  rate(name: string): string {
    return `${this.bytes(name)}/s`;
  }
}

/** Sentences with what is known; empty ones left out. */
export function sentences(...parts: (string | null | false)[]): string {
  return parts.filter((part) => typeof part === 'string' && part !== '').join('; ');
}

import { mayHaveSecrets, secretPlaces } from '../replication/redact.js';
import type { Patches } from './patches.js';
import { CommandOverwriter, isOfReplication, type Policy } from './policy.js';
import { latin1 } from './resp-scanner.js';

/** Arguments of one command that are looked at for secrets. */
const MOST_ARGUMENTS = 4096;

/** Requests of a client, and arguments of each, that an error reply may be about. */
const MOST_RECENT = 64;
const MOST_RECENT_ARGUMENTS = 32;

/** What was done, of all connections. */
export interface ScrubCounts {
  secrets: number;
  /** Payloads that are whole, and others: what cannot be read of those is overwritten as a whole. */
  payloads: number;
  partPayloads: number;
  /** Payloads that were not looked through for scripts, when only passwords are overwritten. */
  unreadPayloads: number;
  heldBytes: number;
}

/** Secrets, keys and values in requests: those of a client, or the stream of a master. */
export class Commands {
  readonly #patches: Patches;
  readonly #counts: ScrubCounts;
  readonly #overwriter: CommandOverwriter;
  #name = '';
  /** The latest requests: their names as sent, and where their arguments lie. */
  readonly #recent: { name: string; ranges: number[] }[] = [];
  #words: { text: string; from: number; to: number }[] | null = null;

  constructor(policy: Policy, patches: Patches, counts: ScrubCounts) {
    this.#patches = patches;
    this.#counts = counts;
    this.#overwriter = new CommandOverwriter(policy, patches);
  }

  /** Name of the latest command, in upper case. */
  get name(): string {
    return this.#name;
  }

  argument(place: number, head: Uint8Array, from: number, to: number): void {
    if (place === 0) {
      const text = latin1(head).trim();
      const blank = text.search(/\s/);
      this.#name = (blank < 0 ? text : text.slice(0, blank)).toUpperCase();
      // A whole line as one word.
      if (blank >= 0 && mayHaveSecrets(this.#name)) this.#secret(from + blank, to);
      this.#words = mayHaveSecrets(this.#name) ? [] : null;
      this.#recent.push({ name: text, ranges: [] });
      if (this.#recent.length > MOST_RECENT) this.#recent.shift();
    } else {
      const latest = this.#recent.at(-1);
      if (latest !== undefined && latest.ranges.length < 2 * MOST_RECENT_ARGUMENTS)
        latest.ranges.push(from, to);
    }
    if (this.#words !== null && place < MOST_ARGUMENTS) this.#words.push({ text: latin1(head), from, to });
    this.#overwriter.argument(place, head, from, to);
  }

  done(): void {
    const words = this.#words;
    if (words === null) return;
    for (const place of secretPlaces(words.map(({ text }) => text)))
      this.#secret(words[place]!.from, words[place]!.to);
    this.#words = null;
  }

  /** A server does not know a command of this name: it may be an AUTH that was renamed. */
  unknown(name: string): void {
    for (const request of this.#recent) {
      if (!request.name.startsWith(name) || isOfReplication(request.name.toUpperCase())) continue;
      for (let i = 0; i < request.ranges.length; i += 2)
        this.#secret(request.ranges[i]!, request.ranges[i + 1]!);
      request.ranges = [];
    }
  }

  /** An inline command. */
  line(head: Uint8Array, from: number): void {
    let place = 0;
    for (const { 0: word, index } of latin1(head).matchAll(/\S+/g))
      this.argument(place++, Buffer.from(word, 'latin1'), from + index, from + index + word.length);
    this.done();
  }

  #secret(from: number, to: number): void {
    this.#counts.secrets++;
    this.#patches.add(from, to);
  }
}

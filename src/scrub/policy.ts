import { createHmac } from 'node:crypto';
import { argumentKinds } from '../report/disguise.js';
import type { Patches } from './patches.js';

/** What is overwritten besides secrets. */
export interface Policy {
  readonly keys: boolean;
  readonly values: boolean;
  /** Where it is the same, the same key is overwritten by the same letters. */
  readonly secret: Uint8Array;
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz234567';

/** Letters for a key, as many as it has bytes. */
export function pseudonym({ secret }: Policy, key: Uint8Array, length: number): Uint8Array {
  const out = new Uint8Array(length);
  let digest = Buffer.alloc(0);
  for (let i = 0; i < length; i++) {
    if (i % 32 === 0) digest = createHmac('sha256', secret).update(key).update(String(i)).digest();
    out[i] = LETTERS.charCodeAt(digest[i % 32]! & 31);
  }
  return out;
}

/** Commands that the analyzer reads beyond their names: who they are, what servers are told to be. */
const READ_WHOLE = new Set(
  'PSYNC SYNC ROLE INFO CLIENT CLUSTER REPLICAOF SLAVEOF FAILOVER CONFIG COMMAND HELLO AUTH ACL SENTINEL'.split(
    ' ',
  ),
);
/** True for commands of replication: whether a server knows them or not, their arguments are no passwords. */
export function isOfReplication(name: string): boolean {
  return READ_WHOLE.has(name) || name === 'REPLCONF' || name === 'PING';
}

const SENTINEL_CHANNEL = '__sentinel__:hello';

/** Overwrites keys and values of a command as its arguments pass. */
export class CommandOverwriter {
  readonly #policy: Policy;
  readonly #patches: Patches;
  #kinds: ReturnType<typeof argumentKinds> | null = null;
  #numbers: number[] = [];

  constructor(policy: Policy, patches: Patches) {
    this.#policy = policy;
    this.#patches = patches;
  }

  /** The argument numbered `place` lies at [from, to); its first bytes. */
  argument(place: number, head: Uint8Array, from: number, to: number): void {
    const text = Buffer.from(head.buffer, head.byteOffset, Math.min(head.length, 64))
      .toString('latin1')
      .toUpperCase();
    if (place === 0) {
      this.#numbers = [];
      this.#kinds = READ_WHOLE.has(text) ? null : argumentKinds(text, (at) => this.#numbers[at] ?? 0);
      return;
    }
    if (place < 4) this.#numbers[place] = Number(text) || 0;
    if (this.#kinds === null || text === SENTINEL_CHANNEL.toUpperCase()) return;
    const kind = this.#kinds(place, text);
    if (kind === 'key' && this.#policy.keys)
      this.#patches.add(from, to, to - from > head.length ? null : pseudonym(this.#policy, head, to - from));
    else if (kind === 'value' && this.#policy.values) this.#patches.add(from, to);
  }
}

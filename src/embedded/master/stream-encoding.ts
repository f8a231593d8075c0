import type { Command } from '../data/reply.js';
import type { ServerTraits } from '../server/style.js';
import { encodeRequest } from '../wire/encode-request.js';

/** A command to replicate, and the database it ran in. */
export interface Effect {
  readonly db: number;
  readonly command: Command;
}

/** What the stream's database is while the next command needs a SELECT in any case. */
export const NO_DATABASE = -1;

const MULTI = encodeRequest(['MULTI']);
const EXEC = encodeRequest(['EXEC']);
/** Sent on behalf of WAIT. */
export const GETACK = encodeRequest(['REPLCONF', 'GETACK', '*']);

export function pingBytes(traits: ServerTraits): Uint8Array {
  return encodeRequest([traits.lowercasePing ? 'ping' : 'PING']);
}

/**
 * The effects of one command or transaction as they stand in the stream (replication-wire.md 5.2 and section 10).
 * @param db the database that is selected in the stream before.
 * @param exec they are those of an EXEC.
 * @returns the bytes, and the database selected behind them.
 */
export function encodeEffects(
  effects: readonly Effect[],
  db: number,
  exec: boolean,
  traits: ServerTraits,
): { bytes: Uint8Array; db: number } {
  const first = effects[0];
  if (first === undefined) return { bytes: new Uint8Array(0), db };
  const parts: Uint8Array[] = [];
  let selected = db;
  const select = (wanted: number): void => {
    if (wanted !== selected) parts.push(encodeRequest(['SELECT', `${wanted}`]));
    selected = wanted;
  };
  const transaction = effects.length > 1 || (exec && traits.wrapsSingleWrite);
  if (transaction) {
    if (!traits.selectInsideMulti) select(first.db);
    parts.push(MULTI);
  }
  for (const effect of effects) {
    select(effect.db);
    parts.push(encodeRequest(effect.command));
  }
  if (transaction) parts.push(EXEC);
  return { bytes: Buffer.concat(parts), db: selected };
}

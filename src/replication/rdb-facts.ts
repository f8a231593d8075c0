import type { RdbPayloadFacts } from '../rdb/facts.js';
import { offsetOf } from './decision.js';
import { MAX_AUX_SHOWN, MAX_AUX_TEXT } from './limits.js';
import type { RdbFacts } from './model.js';
import { shownScript } from './redact.js';

/**
 * What a decoder knows of an RDB, as the model has it: numbers it has not come to are null, not zero. null while nothing is known.
 * @param detailed auxiliary fields and biggest keys as well
 */
export function rdbFacts(facts: RdbPayloadFacts, detailed: boolean): RdbFacts | null {
  if (facts.version === null) return null;
  const databases = Object.entries(facts.databases ?? {}).map(([number, { keys, expires }]) => [
    number,
    { keys, expires },
  ]);
  // Broken off before the first key: zero would claim that there was none.
  const counted = facts.complete || facts.keys !== 0 || facts.functions !== 0;
  return {
    version: facts.version,
    server: facts.server,
    keys: counted ? facts.keys : null,
    expires: counted ? facts.expires : null,
    databases: counted ? Object.fromEntries(databases) : null,
    types: counted ? facts.types : null,
    expired: counted ? facts.expired : null,
    byType: counted ? facts.byType : null,
    biggest: counted && detailed ? facts.biggest : null,
    aux: detailed ? shownAux(facts.aux) : null,
    functions: counted ? facts.functions : null,
    checksum: facts.checksum,
    complete: facts.complete,
    error: facts.error,
    replid: facts.aux.get('repl-id') ?? null,
    replOffset: offsetOf(facts.aux.get('repl-offset')),
    streamDb: offsetOf(facts.aux.get('repl-stream-db')),
  };
}

/** Auxiliary fields as far as they are shown. */
function shownAux(aux: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const shown = [...aux].slice(0, MAX_AUX_SHOWN);
  return new Map(
    shown.map(([key, value]) => [key.slice(0, MAX_AUX_TEXT), shownScript(value).slice(0, MAX_AUX_TEXT)]),
  );
}

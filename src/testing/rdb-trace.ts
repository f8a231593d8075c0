import { RdbDecoder, type RdbLevel } from '../rdb/decoder.js';
import type { RdbPayloadFacts } from '../rdb/facts.js';
import type { RdbLimits } from '../rdb/limits.js';
import type { RdbElement, RdbSink } from '../rdb/sink.js';

const latin1 = (bytes: Uint8Array) =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');

/** One line for an element: kind, then its parts as text. */
export function elementLine(element: RdbElement): string {
  const parts: string[] = [];
  for (const [name, value] of Object.entries(element) as [string, unknown][]) {
    if (name === 'module') continue;
    if (value instanceof Uint8Array) parts.push(latin1(value));
    else if (Array.isArray(value)) parts.push(...value.map((each) => latin1(each as Uint8Array)));
    else parts.push(String(value));
  }
  return parts.join(' ');
}

/** A sink that writes a line for everything it is told, and position and bytes of each record. */
export function tracingSink(lines: string[], records: [number, number][] = []): RdbSink {
  return {
    aux: (key, value) => lines.push(`aux ${key} ${value}`),
    selectDb: (db) => lines.push(`db ${db}`),
    resizeDb: (keys, expires) => lines.push(`resize ${keys} ${expires}`),
    function: (source, length) => lines.push(`function ${length} ${latin1(source)}`),
    moduleAux: (_module, version, when) => lines.push(`module-aux ${version} ${when}`),
    element: (element) => lines.push(`  ${elementLine(element)}`),
    key: (key) => {
      const more = [
        key.expiresAt === null ? '' : ` expires=${key.expiresAt}`,
        key.idle === null ? '' : ` idle=${key.idle}`,
        key.freq === null ? '' : ` freq=${key.freq}`,
        key.cut ? ' cut' : '',
      ];
      lines.push(
        `key ${key.db} ${latin1(key.key)} ${key.type}/${key.typeId} ${key.encoding} ${key.elements}${more.join('')}`,
      );
      records.push([key.position, key.bytes]);
    },
  };
}

export interface Trace {
  lines: string[];
  /** Position and bytes of each record. */
  records: [number, number][];
  facts: RdbPayloadFacts;
  endPosition: number | null;
}

/**
 * Decodes a payload fed in pieces of the sizes that `next` gives. Each piece is overwritten once the call has returned, so that a
 * decoder that kept borrowed bytes shows it; and is a Buffer, whose slice() is no copy.
 */
export function traceOf(
  payload: Uint8Array,
  level: RdbLevel,
  next: () => number,
  limits: Partial<RdbLimits> = {},
): Trace {
  const lines: string[] = [];
  const records: [number, number][] = [];
  const decoder = new RdbDecoder({ level, sink: tracingSink(lines, records), limits });
  let at = 0;
  while (at < payload.length) {
    const take = Math.min(Math.max(1, next()), payload.length - at);
    const piece = Buffer.alloc(take + 6, 0xee);
    piece.set(payload.subarray(at, at + take), 3);
    decoder.feed(piece, 3, 3 + take);
    piece.fill(0xdd);
    at += take;
  }
  decoder.end();
  return { lines, records, facts: decoder.facts, endPosition: decoder.endPosition };
}

/** A small reproducible generator of numbers below `limit` (mulberry32). */
export function random(seed: number): (limit: number) => number {
  let state = seed >>> 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}

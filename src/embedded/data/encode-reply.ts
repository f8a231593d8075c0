import { toBytes, toText } from './bytes.js';
import type { Reply } from './reply.js';

export const OK: Reply = simple('OK');
/** What RESP2 has for "none": of a value, and of a list of values. */
export const NIL: Reply = { kind: 'bulk', bytes: null };
export const NIL_ARRAY: Reply = { kind: 'array', items: null };
export const EMPTY_ARRAY: Reply = { kind: 'array', items: [] };

export function simple(text: string): Reply {
  return { kind: 'simple', text };
}

/** text begins with the error's code: `ERR syntax error`. */
export function error(text: string): Reply {
  return { kind: 'error', text };
}

export function integer(value: number | bigint): Reply {
  return { kind: 'integer', value };
}

/** content: bytes, or them as Latin-1 text; null is NIL. */
export function bulk(content: string | Uint8Array | null): Reply {
  return { kind: 'bulk', bytes: typeof content === 'string' ? toBytes(content) : content };
}

export function array(items: readonly Reply[]): Reply {
  return { kind: 'array', items };
}

/** An array of bulk strings, each Latin-1 text. */
export function bulks(texts: Iterable<string>): Reply {
  return array(Array.from(texts, bulk));
}

/** The reply as RESP2 on the wire. Line ends in a simple text or an error become blanks, as a server does it. */
export function encodeReply(reply: Reply): Uint8Array {
  const parts: string[] = [];
  append(reply, parts);
  return toBytes(parts.join(''));
}

function append(reply: Reply, parts: string[]): void {
  switch (reply.kind) {
    case 'simple':
      parts.push('+', oneLine(reply.text), '\r\n');
      break;
    case 'error':
      parts.push('-', oneLine(reply.text), '\r\n');
      break;
    case 'integer':
      parts.push(`:${reply.value}\r\n`);
      break;
    case 'bulk':
      if (reply.bytes === null) parts.push('$-1\r\n');
      else parts.push(`$${reply.bytes.length}\r\n`, toText(reply.bytes), '\r\n');
      break;
    case 'array':
      if (reply.items === null) parts.push('*-1\r\n');
      else {
        parts.push(`*${reply.items.length}\r\n`);
        for (const item of reply.items) append(item, parts);
      }
  }
}

function oneLine(text: string): string {
  return text.replaceAll(/[\r\n]/g, ' ');
}

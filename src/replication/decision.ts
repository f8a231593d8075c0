import type { Cause, Decision } from './model.js';

/** What a master's answer to PSYNC or SYNC says. */
export interface Answer {
  decision: Decision;
  /** Replication id given, or null. */
  replid: string | null;
  /** Offset given by FULLRESYNC. */
  offset: number | null;
  /** Client id of `+RDBCHANNELSYNC` (Redis 8), by which the second connection names its main one. */
  clientId: string | null;
  error: string | null;
}

/**
 * Reads the reply line to PSYNC or SYNC (type byte included, no CRLF). null: not an answer to one of them. Forms and versions:
 * replication.c of Redis 2.8–8, Valkey 8–9. A line that the capture cut short still tells the decision.
 */
export function readAnswer(line: string): Answer | null {
  if (line.startsWith('-')) return answer('REFUSED', { error: line });
  const words = line.split(' ');
  switch (words[0]) {
    case '+FULLRESYNC':
      return answer('FULLRESYNC', { replid: replidOf(words[1]), offset: offsetOf(words[2]) });
    case '+CONTINUE':
      return answer('CONTINUE', { replid: replidOf(words[1]) });
    case '+DUALCHANNELSYNC':
      return answer('DUALCHANNEL', {});
    case '+RDBCHANNELSYNC':
      return answer('DUALCHANNEL', { clientId: words[1] ?? null });
    default:
      return null;
  }
}

/** An answer that grants and names nothing. */
export const NO_ANSWER: Answer = {
  decision: 'REFUSED',
  replid: null,
  offset: null,
  clientId: null,
  error: null,
};

function answer(decision: Decision, fields: Partial<Answer>): Answer {
  return { ...NO_ANSWER, decision, ...fields };
}

function replidOf(word: string | undefined): string | null {
  return word !== undefined && word.length === 40 ? word : null;
}

/** A decimal number as offsets are written, exact in a double; null for anything else. */
export function offsetOf(word: string | undefined): number | null {
  return word !== undefined && /^-?\d{1,15}$/.test(word) ? Number(word) : null;
}

/** Why a request was refused, from the error line. `isCut`: its end was not captured. */
export function causeOfRefusal(error: string, isCut: boolean): Cause {
  if (
    /^-(NOAUTH|WRONGPASS|NOPERM)\b/.test(error) ||
    /^-ERR (operation not permitted|invalid password)/.test(error)
  )
    return 'auth';
  if (/^-(LOADING|NOMASTERLINK|MASTERDOWN|BUSY)\b/.test(error)) return 'not-ready';
  if (/^-ERR Can't SYNC while not connected/.test(error)) return 'not-ready';
  if (isCut) return error.startsWith("-ERR Can't SYNC") ? 'not-ready' : 'unknown';
  return error.startsWith('-ERR') ? 'unsupported' : 'unknown';
}

/** True for a line that a master sends as an error (`-ERR …`, `-LOADING …`): what else begins with `-` may be any byte of a payload. */
export function isErrorLine(line: string): boolean {
  return /^-[A-Z]+[ -~]*$/.test(line);
}

/** Header line of a payload: `$<bytes>`, `$EOF:<mark>`, or Valkey's `$ENDOFF:…` that comes before one. */
export type PayloadHeader =
  | { form: 'length'; bytes: number }
  | { form: 'eof-mark'; mark: string }
  | { form: 'end-offset'; offset: number | null; replid: string | null; clientId: string | null };

export const MARK_BYTES = 40;

/** Magic and EOF opcode: no payload is shorter (a checksum came with version 5). */
const LEAST_RDB_BYTES = 10;

/** Reads a `$…` line; null when it is none of these. */
export function readPayloadHeader(line: string): PayloadHeader | null {
  if (line.startsWith('$ENDOFF:')) {
    const words = line.slice(8).trim().split(' ');
    return {
      form: 'end-offset',
      offset: offsetOf(words[0]),
      replid: replidOf(words[1]),
      clientId: words[3] ?? null,
    };
  }
  if (line.startsWith('$EOF:')) {
    const mark = line.slice(5);
    return mark.length === MARK_BYTES ? { form: 'eof-mark', mark } : null;
  }
  const bytes = /^\$\d{1,15}$/.test(line) ? Number(line.slice(1)) : 0;
  return bytes >= LEAST_RDB_BYTES ? { form: 'length', bytes } : null;
}

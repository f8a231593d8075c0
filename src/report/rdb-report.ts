import type { Payload, RdbFacts, Session } from '../replication/model.js';
import type { CaptureDocument } from './document.js';
import { type RdbDocument, rdbDocument } from './rdb-document.js';
import { iso } from './session-document.js';

/** The document of `psyncscope rdb --json`: docs/rdb.md. Units and nulls as in the summary document. */
export interface RdbReport {
  schema: 'psyncscope.rdb/1';
  /** null when only RDB files were read. */
  capture: CaptureDocument | null;
  payloads: RdbPayloadDocument[];
}

/** A payload of a link, or an RDB file. */
export interface RdbPayloadDocument {
  /** Path of the RDB file; null: it came over a link. */
  file: string | null;
  link: string | null;
  session: number | null;
  channel: 'main' | 'rdb' | null;
  form: 'length' | 'eof-mark' | null;
  declaredBytes: number | null;
  bytes: number;
  /** Bytes among them that were not captured. */
  missingBytes: number;
  /** Bytes of a file behind its checksum. */
  trailingBytes: number;
  /** The end was reached. */
  complete: boolean;
  startedAt: string | null;
  finishedAt: string | null;
  sha256: string | null;
  /** Where `--save` put it. */
  savedAs: string | null;
  /** Why a file could not be read to its end. */
  problem: string | null;
  rdb: RdbDocument | null;
}

/** A payload as it came over a link. */
export function linkPayload(session: Session, payload: Payload, savedAs: string | null): RdbPayloadDocument {
  return {
    file: null,
    link: session.link.id,
    session: session.number,
    channel: session.channel,
    form: payload.form,
    declaredBytes: payload.declaredBytes,
    bytes: payload.bytes,
    missingBytes: payload.missingBytes,
    trailingBytes: 0,
    complete: payload.complete,
    startedAt: iso(payload.startedAt),
    finishedAt: iso(payload.finishedAt),
    sha256: payload.sha256,
    savedAs,
    problem: null,
    rdb: payload.rdb === null ? null : rdbDocument(payload.rdb),
  };
}

interface FileFacts {
  path: string;
  bytes: number;
  trailingBytes: number;
  sha256: string;
  problem: string | null;
  rdb: RdbFacts | null;
}

/** An RDB file. */
export function filePayload(facts: FileFacts): RdbPayloadDocument {
  const { path, bytes, trailingBytes, sha256, problem, rdb } = facts;
  return {
    file: path,
    link: null,
    session: null,
    channel: null,
    form: null,
    declaredBytes: null,
    bytes,
    missingBytes: 0,
    trailingBytes,
    complete: problem === null && (rdb?.complete ?? false),
    startedAt: null,
    finishedAt: null,
    sha256,
    savedAs: null,
    problem,
    rdb: rdb === null ? null : rdbDocument(rdb),
  };
}

import { listpack, type PackedEntry } from './rdb-packed.js';
import type { RdbWriter } from './rdb-writer.js';
import type { Stream, StreamEntry } from './stream.js';
import { LEAST_ID, msOf, type StreamId, seqOf } from './stream-id.js';

/** What a node of a stream holds at most, as servers have it unless configured. */
const NODE_ENTRIES = 100;
const NODE_BYTES = 4096;

const SAME_FIELDS = 2n;

/** Writes a stream behind its key (rdb-format.md 6); from RDB version 10 on with what is remembered of deleted entries. */
export function writeStream(out: RdbWriter, stream: Stream, version: number): void {
  const nodes = nodesOf(stream.entries);
  out.count(nodes.length);
  for (const entries of nodes) {
    const master = entries[0]!.id;
    out.count(16);
    out.uint64BE(msOf(master));
    out.uint64BE(seqOf(master));
    out.blob(listpack(nodeContent(entries)));
  }
  out.count(stream.length);
  writeId(out, stream.lastId);
  if (version >= 10) {
    writeId(out, stream.entries[0]?.id ?? LEAST_ID);
    writeId(out, stream.maxDeletedId);
    out.count(stream.added);
  }
  // Consumer groups: none.
  out.count(0);
}

function writeId(out: RdbWriter, id: StreamId): void {
  out.count(msOf(id));
  out.count(seqOf(id));
}

function nodesOf(entries: readonly StreamEntry[]): StreamEntry[][] {
  const nodes: StreamEntry[][] = [];
  let bytes = Infinity;
  for (const entry of entries) {
    const size = entry.fields.reduce((sum, { length }) => sum + length, 0);
    if (bytes + size > NODE_BYTES || nodes.at(-1)!.length === NODE_ENTRIES) {
      nodes.push([]);
      bytes = 0;
    }
    nodes.at(-1)!.push(entry);
    bytes += size;
  }
  return nodes;
}

/** The entries relative to the first one, whose field names later ones with the same names leave out. */
function nodeContent(entries: readonly StreamEntry[]): PackedEntry[] {
  const master = entries[0]!;
  const names = namesOf(master);
  const head: PackedEntry[] = [BigInt(entries.length), 0n, BigInt(names.length), ...names, 0n];
  return [head, ...entries.map((entry) => entryContent(entry, master, names))].flat();
}

function entryContent(
  { id, fields }: StreamEntry,
  master: StreamEntry,
  names: readonly string[],
): PackedEntry[] {
  const ms = BigInt.asIntN(64, msOf(id) - msOf(master.id));
  const seq = BigInt.asIntN(64, seqOf(id) - seqOf(master.id));
  const own = namesOf({ id, fields });
  const same = own.length === names.length && own.every((name, i) => name === names[i]);
  const content: PackedEntry[] = same
    ? [SAME_FIELDS, ms, seq, ...fields.filter((_, i) => i % 2 === 1)]
    : [0n, ms, seq, BigInt(own.length), ...fields];
  content.push(BigInt(content.length));
  return content;
}

function namesOf({ fields }: StreamEntry): string[] {
  return fields.filter((_, i) => i % 2 === 0);
}

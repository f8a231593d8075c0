import type { PacketCounters } from './counters.js';
import { type Cursor, FRAGMENT, MALFORMED, OK } from './cursor.js';
import type { TcpSegment } from './segment.js';

/** Packet time after which an incomplete datagram is given up; what Linux does (ipfrag_time), within RFC 1122's 60 … 120 s. */
export const FRAGMENT_TIMEOUT_US = 30_000_000;
/** Datagrams held at once. TCP avoids fragments, so a handful is normal; the rest is room for losses. */
export const MAX_DATAGRAMS = 512;
/** Bytes held at once, as allocated: Linux's own limit (ipfrag_high_thresh). */
export const MAX_FRAGMENT_BYTES = 4 * 1024 * 1024;
/** Fragments of one datagram: 64 KiB over the smallest usual MTU (576) make 119. Bounds the work per fragment. */
export const MAX_FRAGMENTS_PER_DATAGRAM = 256;

/** Longest content: the length field of either IP version. */
const MAX_CONTENT = 65_535;
const FIRST_CAPACITY = 4096;

/** Fragments of one datagram received so far. */
class Datagram {
  content = new Uint8Array(FIRST_CAPACITY);
  /** Received ranges as start, end, start, end …: ascending, neither touching nor overlapping. */
  ranges: number[] = [];
  fragments = 0;
  /** Content length, known from the last fragment; -1 before. */
  length = -1;
  /** Protocol of the content: that of the fragment at 0 (IPv6 fragments may differ in it); -1 before. */
  protocol = -1;

  constructor(readonly startedAt: number) {}

  get complete(): boolean {
    const ranges = this.ranges;
    return this.protocol >= 0 && ranges.length === 2 && ranges[0] === 0 && ranges[1] === this.length;
  }
}

/** Puts IPv4 and IPv6 fragments together again, in bounded memory: the oldest datagrams make room for new ones. */
export class FragmentReassembler {
  /** In order of their first fragments. */
  private readonly datagrams = new Map<string, Datagram>();
  private allocated = 0;

  constructor(private readonly counters: PacketCounters) {}

  /** Bytes allocated for incomplete datagrams. */
  get heldBytes(): number {
    return this.allocated;
  }

  get heldDatagrams(): number {
    return this.datagrams.size;
  }

  /**
   * Takes the fragment at `cursor` with the addresses in `addresses`. OK when it completes its datagram: the cursor is then
   * at the start of the content, in a buffer of its own. Otherwise FRAGMENT (held or dropped), or MALFORMED.
   */
  add(cursor: Cursor, addresses: TcpSegment, time: number): number {
    this.counters.fragments++;
    this.expire(time);
    const size = cursor.end - cursor.at;
    const offset = cursor.fragmentOffset;
    if (cursor.wireEnd > cursor.end) return this.refuse(FRAGMENT);
    if (size === 0 || offset + size > MAX_CONTENT) return this.refuse(MALFORMED);
    // Positions count in 8 bytes, so only the last fragment may end between (RFC 791, 3.2; RFC 8200, 4.5).
    if (cursor.moreFragments && (size & 7) !== 0) return this.refuse(MALFORMED);

    const key = keyOf(cursor, addresses);
    let datagram = this.datagrams.get(key);
    if (datagram === undefined) {
      if (this.datagrams.size >= MAX_DATAGRAMS) this.dropOldest(undefined);
      datagram = new Datagram(time);
      this.datagrams.set(key, datagram);
      this.allocated += FIRST_CAPACITY;
    }
    if (!fits(datagram, offset + size, cursor.moreFragments)) return this.refuse(FRAGMENT);

    datagram.fragments++;
    if (!cursor.moreFragments) datagram.length = offset + size;
    if (offset === 0 && datagram.protocol < 0) datagram.protocol = cursor.protocol;
    this.grow(datagram, offset + size);
    insert(datagram, cursor.bytes, cursor.at, offset, offset + size);
    if (!datagram.complete) return FRAGMENT;

    this.remove(key, datagram);
    this.counters.reassembledDatagrams++;
    cursor.bytes = datagram.content;
    cursor.at = 0;
    cursor.end = datagram.length;
    cursor.wireEnd = datagram.length;
    cursor.protocol = datagram.protocol;
    return OK;
  }

  private refuse(outcome: number): number {
    this.counters.droppedFragments++;
    return outcome;
  }

  /** Packet time may jump (a merged or edited capture): far off in either direction is too old. */
  private expire(time: number): void {
    for (const [key, datagram] of this.datagrams) {
      if (Math.abs(time - datagram.startedAt) <= FRAGMENT_TIMEOUT_US) return;
      this.drop(key, datagram);
    }
  }

  private grow(datagram: Datagram, needed: number): void {
    const before = datagram.content;
    if (needed > before.length) {
      const capacity = Math.min(Math.max(needed, before.length * 2), MAX_CONTENT);
      datagram.content = new Uint8Array(capacity);
      datagram.content.set(before);
      this.allocated += capacity - before.length;
    }
    while (this.allocated > MAX_FRAGMENT_BYTES && this.datagrams.size > 1) this.dropOldest(datagram);
  }

  private dropOldest(except: Datagram | undefined): void {
    for (const [key, datagram] of this.datagrams) {
      if (datagram === except) continue;
      this.drop(key, datagram);
      return;
    }
  }

  private drop(key: string, datagram: Datagram): void {
    this.counters.droppedFragments += datagram.fragments;
    this.remove(key, datagram);
  }

  private remove(key: string, datagram: Datagram): void {
    this.datagrams.delete(key);
    this.allocated -= datagram.content.length;
  }
}

/**
 * What makes fragments belong together: addresses and identification, for IPv4 also the protocol (RFC 791, 3.2; RFC 8200,
 * 4.5). The VLAN keeps apart networks that use the same private addresses.
 */
function keyOf(cursor: Cursor, a: TcpSegment): string {
  const protocol = cursor.version === 4 ? cursor.protocol : -1;
  const source = `${a.source0},${a.source1},${a.source2},${a.source3}`;
  const destination = `${a.destination0},${a.destination1},${a.destination2},${a.destination3}`;
  return `${cursor.version},${cursor.vlan},${protocol},${cursor.fragmentId},${source},${destination}`;
}

/** Whether a fragment that ends at `end` agrees with what is known of its datagram. */
function fits(datagram: Datagram, end: number, moreFragments: boolean): boolean {
  if (datagram.fragments >= MAX_FRAGMENTS_PER_DATAGRAM) return false;
  if (datagram.length >= 0) return moreFragments ? end <= datagram.length : end === datagram.length;
  return moreFragments || end >= (datagram.ranges.at(-1) ?? 0);
}

/** Copies what is new of a fragment that covers `start … end` of the content; bytes that are there already stay. */
function insert(datagram: Datagram, bytes: Uint8Array, at: number, start: number, end: number): void {
  const { content, ranges } = datagram;
  const before: number[] = [];
  const after: number[] = [];
  let mergedStart = start;
  let mergedEnd = end;
  let position = start;
  const copyTo = (stop: number): void => {
    if (stop > position) content.set(bytes.subarray(at + position - start, at + stop - start), position);
  };
  for (let i = 0; i < ranges.length; i += 2) {
    const from = ranges[i]!;
    const to = ranges[i + 1]!;
    if (to < start) before.push(from, to);
    else if (from > end) after.push(from, to);
    else {
      copyTo(from);
      position = to;
      mergedStart = Math.min(mergedStart, from);
      mergedEnd = Math.max(mergedEnd, to);
    }
  }
  copyTo(end);
  datagram.ranges = [...before, mergedStart, mergedEnd, ...after];
}

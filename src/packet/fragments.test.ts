import { describe, expect, it } from 'vitest';
import { decodePacket, nonZero } from '../testing/decode-packet.js';
import {
  cutIntoFragments,
  ethernet,
  extensionHeader,
  type Fragment,
  type Ipv4Fields,
  ipv4,
  ipv6,
  ipv6Fragment,
  tcp,
} from '../testing/packet-builder.js';
import { newPacketCounters } from './counters.js';
import { Cursor } from './cursor.js';
import { PacketDecoder } from './decoder.js';
import {
  FRAGMENT_TIMEOUT_US,
  FragmentReassembler,
  MAX_DATAGRAMS,
  MAX_FRAGMENT_BYTES,
  MAX_FRAGMENTS_PER_DATAGRAM,
} from './fragments.js';
import { TcpSegment } from './segment.js';

const text = 'abcdefghijklmnopqrstuvwxyz0123456789'.repeat(3);
const datagram = tcp({ payload: text });

function v4Frame(fragment: Fragment, fields: Ipv4Fields = {}): Uint8Array {
  const { offset: fragmentOffset, moreFragments, content } = fragment;
  return ethernet(ipv4(content, { id: 77, fragmentOffset, moreFragments, ...fields }));
}

function v6Frame(fragment: Fragment, id = 77, nextHeader = 6): Uint8Array {
  return ethernet(ipv6(ipv6Fragment(nextHeader, id, fragment), { nextHeader: 44 }));
}

/** A fragment that covers `start … end` of the datagram. */
function part(start: number, end: number, content = datagram): Fragment {
  return { offset: start, moreFragments: end < content.length, content: content.subarray(start, end) };
}

/** Payloads that came out, packet by packet. */
function feed(decoder: PacketDecoder, frames: readonly Uint8Array[]): string[] {
  return frames.map((frame) => decodePacket(frame, { decoder }).payload);
}

describe.each([
  ['IPv4', v4Frame],
  ['IPv6', v6Frame],
])('%s fragments', (_name, frameOf) => {
  const frames = cutIntoFragments(datagram, 24).map((fragment) => frameOf(fragment));
  const last = frames.length - 1;

  it.each([
    ['in order', frames],
    ['in reverse', frames.toReversed()],
    ['the last first', [frames[last]!, ...frames.slice(0, last)]],
    [
      'with duplicates',
      frames
        .slice(0, last)
        .flatMap((frame) => [frame, frame])
        .concat(frames[last]!),
    ],
  ])('%s', (_order, sent) => {
    const decoder = new PacketDecoder();
    const payloads = feed(decoder, sent);
    expect(payloads.pop()).toBe(text);
    expect(payloads.join('')).toBe('');
    expect(nonZero(decoder.counters)).toEqual({ fragments: sent.length, reassembledDatagrams: 1 });
  });

  it('gives nothing while one is missing, in the middle or at either end', () => {
    for (let missing = 0; missing < frames.length; missing++) {
      const decoder = new PacketDecoder();
      expect(feed(decoder, frames.toSpliced(missing, 1)).join('')).toBe('');
      expect(nonZero(decoder.counters)).toEqual({ fragments: last });
      expect(feed(decoder, [frames[missing]!])).toEqual([text]);
    }
  });

  it('keeps the first copy where fragments overlap', () => {
    const other = tcp({ payload: text.toUpperCase() });
    const decoder = new PacketDecoder();
    const frames = [
      part(40, 56),
      part(0, 24),
      part(16, 64, other),
      part(80, 96),
      part(56, 104, other),
      part(8, datagram.length, other),
    ].map((fragment) => frameOf(fragment));
    const expected = [...datagram].map((byte, i) => {
      const isFirst = i < 24 || (i >= 40 && i < 56) || (i >= 80 && i < 96);
      return isFirst ? byte : other[i]!;
    });
    expect(feed(decoder, frames).at(-1)).toBe(new TextDecoder().decode(new Uint8Array(expected.slice(20))));
  });

  it('does not mix datagrams', () => {
    const other = tcp({ payload: text.toUpperCase() });
    const decoder = new PacketDecoder();
    const first = [part(0, 24), part(24, datagram.length)].map((fragment) => frameOf(fragment));
    const second = [part(0, 24, other), part(24, datagram.length, other)].map((fragment) =>
      frameOf === v4Frame ? v4Frame(fragment, { id: 78 }) : v6Frame(fragment, 78),
    );
    const payloads = feed(decoder, [first[0]!, second[0]!, second[1]!, first[1]!]);
    expect(payloads).toEqual(['', '', text.toUpperCase(), text]);
  });

  it('drops a snapped fragment and refuses impossible ones', () => {
    const decoder = new PacketDecoder();
    const whole = frameOf(part(0, 24));
    decodePacket(whole, { decoder, captured: whole.length - 1 });
    expect(nonZero(decoder.counters)).toEqual({ fragments: 1, droppedFragments: 1 });
    const big = new Uint8Array(16);
    feed(decoder, [
      frameOf({ offset: 8, moreFragments: true, content: datagram.subarray(8, 15) }),
      frameOf({ offset: 65_528, moreFragments: false, content: big }),
      frameOf({ offset: 8, moreFragments: false, content: new Uint8Array(0) }),
    ]);
    expect(nonZero(decoder.counters)).toEqual({ fragments: 4, droppedFragments: 4, malformed: 3 });
  });

  it('drops fragments that contradict the known length', () => {
    const decoder = new PacketDecoder();
    feed(decoder, [
      frameOf(part(104, datagram.length)),
      frameOf({ ...part(104, 112), moreFragments: false }),
      frameOf({ offset: 128, moreFragments: true, content: new Uint8Array(8) }),
      frameOf({ offset: 256, moreFragments: false, content: new Uint8Array(8) }),
    ]);
    expect(nonZero(decoder.counters)).toEqual({ fragments: 4, droppedFragments: 3 });
    expect(feed(decoder, [frameOf(part(0, 104))])).toEqual([text]);
  });

  it('gives up after 30 seconds of packet time, in either direction', () => {
    const [first, second] = [part(0, 24), part(24, datagram.length)].map((fragment) => frameOf(fragment));
    for (const [time, expected] of [
      [FRAGMENT_TIMEOUT_US, text],
      [FRAGMENT_TIMEOUT_US + 1, ''],
      [-FRAGMENT_TIMEOUT_US - 1, ''],
    ] as const) {
      const decoder = new PacketDecoder();
      decodePacket(first!, { decoder, time: 0 });
      expect(decodePacket(second!, { decoder, time }).payload).toBe(expected);
      expect(decoder.counters.droppedFragments).toBe(expected === '' ? 1 : 0);
    }
  });
});

describe('IPv4 and IPv6 apart', () => {
  it('keeps IPv4 protocols apart', () => {
    const decoder = new PacketDecoder();
    feed(decoder, [v4Frame(part(0, 24)), v4Frame(part(24, datagram.length), { protocol: 17 })]);
    expect(nonZero(decoder.counters)).toEqual({ fragments: 2 });
  });

  it('goes through extension headers in the fragmented part, protocol as in the first fragment', () => {
    const content = extensionHeader(6, 0, datagram);
    const [first, second] = [part(0, 24, content), part(24, content.length, content)];
    expect(feed(new PacketDecoder(), [v6Frame(second!, 77, 17), v6Frame(first!, 77, 60)])).toEqual([
      '',
      text,
    ]);
  });

  it('refuses fragments of fragments', () => {
    const content = ipv6Fragment(6, 1, part(0, 104));
    const decoder = new PacketDecoder();
    feed(decoder, [
      v6Frame(part(0, 24, content), 77, 44),
      v6Frame(part(24, content.length, content), 77, 44),
    ]);
    expect(nonZero(decoder.counters)).toEqual({ fragments: 2, reassembledDatagrams: 1, malformed: 1 });
  });

  it('reassembles the largest datagram', () => {
    const payload = 'x'.repeat(65_515 - 20);
    const frames = cutIntoFragments(tcp({ payload }), 1480).map((fragment) => v4Frame(fragment));
    expect(feed(new PacketDecoder(), frames).at(-1)?.length).toBe(payload.length);
  });
});

describe('floods', () => {
  function reassembler() {
    const counters = newPacketCounters();
    const fragments = new FragmentReassembler(counters);
    const cursor = new Cursor();
    const bytes = new Uint8Array(60_000);
    const add = (id: number, offset: number, size: number, moreFragments = true): void => {
      Object.assign(cursor, { bytes, at: 0, end: size, wireEnd: size, version: 4, protocol: 6 });
      Object.assign(cursor, { fragmentId: id, fragmentOffset: offset, moreFragments });
      fragments.add(cursor, new TcpSegment(), 0);
    };
    return { counters, fragments, add };
  }

  it('keeps a bounded number of datagrams, the newest', () => {
    const { counters, fragments, add } = reassembler();
    for (let id = 0; id < 20 * MAX_DATAGRAMS; id++) {
      add(id, 0, 8);
      expect(fragments.heldDatagrams).toBeLessThanOrEqual(MAX_DATAGRAMS);
    }
    expect(counters.droppedFragments).toBe(19 * MAX_DATAGRAMS);
    add(20 * MAX_DATAGRAMS - 1, 8, 8, false);
    expect(counters.reassembledDatagrams).toBe(1);
  });

  it('keeps a bounded number of bytes', () => {
    const { counters, fragments, add } = reassembler();
    for (let id = 0; id < 400; id++) {
      add(id, 65_000, 8);
      add(id, 0, 8);
      expect(fragments.heldBytes).toBeLessThanOrEqual(MAX_FRAGMENT_BYTES);
    }
    expect(fragments.heldDatagrams).toBe(Math.floor(MAX_FRAGMENT_BYTES / 65_535));
    expect(counters.droppedFragments).toBe(2 * (400 - fragments.heldDatagrams));
  });

  it('makes room from others for a datagram that grows, even the oldest', () => {
    const { counters, fragments, add } = reassembler();
    add(0, 0, 32_000);
    // Allocated in one piece each, so exactly what they need.
    const others = Math.floor((MAX_FRAGMENT_BYTES - 32_000) / 65_008);
    for (let id = 1; id <= others; id++) add(id, 65_000, 8);
    expect(counters.droppedFragments).toBe(0);
    add(0, 32_000, 32_000);
    expect(counters.droppedFragments).toBe(1);
    expect(fragments.heldBytes).toBeLessThanOrEqual(MAX_FRAGMENT_BYTES);
    add(0, 64_000, 8, false);
    expect(counters.reassembledDatagrams).toBe(1);
  });

  it('takes a bounded number of fragments for one datagram', () => {
    const { counters, fragments, add } = reassembler();
    for (let i = 0; i < 2000; i++) add(1, 16 * i, 8);
    expect(counters.droppedFragments).toBe(2000 - MAX_FRAGMENTS_PER_DATAGRAM);
    expect(fragments.heldDatagrams).toBe(1);
  });

  it('frees what it gave out', () => {
    const { fragments, add } = reassembler();
    for (let id = 0; id < 100; id++) {
      add(id, 0, 56_000);
      add(id, 56_000, 9, false);
    }
    expect([fragments.heldBytes, fragments.heldDatagrams]).toEqual([0, 0]);
  });
});

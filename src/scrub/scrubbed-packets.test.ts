import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { Analyzer } from '../analyzer.js';
import { seededRandom } from '../embedded/net/seeded-random.js';
import { writePcap, writePcapng, writePcapngBlock } from '../testing/capture-writer.js';
import {
  combined,
  type Damage,
  doubled,
  lost,
  numbered,
  oneWay,
  shuffled,
  snapped,
} from '../testing/damage.js';
import { captureBytes } from '../testing/fixtures.js';
import { scrubbedBytes } from '../testing/fuzz/scrubbed.js';
import { ethernet, ipv4 } from '../testing/packet-builder.js';
import { type FramedPacket, packetsOf, tagged, tunnelled } from '../testing/reframe.js';

/** Packets in every form that they come in, keys and values in them: none of these is left in the copy. */

const TOUR = fileURLToPath(new URL('../../fixtures/embedded/tour.pcap', import.meta.url));
/** Keys and values of the tour: in its payload, in its stream, in both. */
const WORDS = ['welcome ada', 'queue:mail', 'session:', 'ranking', 'article'];
const ALL = { keys: true, values: true, secret: Buffer.from('tests') };
const ETHERNET = 14;
const IP = 20;

const folder = mkdtempSync(join(tmpdir(), 'psyncscope-packets-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const tour = packetsOf(captureBytes(TOUR));
const present = (bytes: Uint8Array): string[] => WORDS.filter((word) => Buffer.from(bytes).includes(word));

async function summaryOf(bytes: Uint8Array): Promise<unknown> {
  const analyzer = new Analyzer();
  for (const { data, time, originalLength, linkType } of await packetsOf(bytes))
    analyzer.run(
      {
        bytes: data,
        count: 1,
        start: Int32Array.of(0),
        end: Int32Array.of(data.length),
        originalLength: Float64Array.of(originalLength),
        linkType: Int32Array.of(linkType),
        time: Float64Array.of(time),
      },
      0,
      1,
    );
  analyzer.finish();
  const skipped = new Set(['sha256', 'biggestKeys', 'lua']);
  const text = JSON.stringify(analyzer.summary([]), (name, value) => (skipped.has(name) ? undefined : value));
  return JSON.parse(text);
}

/** An IP datagram in two pieces, its TCP header in the first. */
function fragmented(packet: FramedPacket, index: number): FramedPacket[] {
  const content = packet.data.subarray(ETHERNET + IP);
  if (content.length < 48) return [packet];
  const view = new DataView(packet.data.buffer, packet.data.byteOffset);
  const address = (at: number): string => packet.data.subarray(at, at + 4).join('.');
  const addresses = { source: address(26), destination: address(30), id: index & 0xffff };
  expect(view.getUint16(12)).toBe(0x0800);
  const piece = (from: number, to: number): FramedPacket => {
    const fields = { ...addresses, fragmentOffset: from, moreFragments: to < content.length };
    const data = ethernet(ipv4(content.subarray(from, to), fields));
    return { ...packet, data, originalLength: data.length };
  };
  return [piece(0, 40), piece(40, content.length)];
}

/** Behind each segment its second half again, together with the first half of the next one of its direction. */
function sentAgain(packets: readonly FramedPacket[]): FramedPacket[] {
  const latest = new Map<string, FramedPacket>();
  return packets.flatMap((packet) => {
    const header = (packet.data[ETHERNET + IP + 12]! >> 4) * 4;
    const start = ETHERNET + IP + header;
    const flow = packet.data.subarray(26, 38).join();
    const before = latest.get(flow);
    if (packet.data.length > start) latest.set(flow, packet);
    if (before === undefined || packet.data.length - start < 4) return [packet];
    const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset);
    const length = before.data.length - start;
    const isNext = ((view(before.data).getUint32(38) + length) | 0) === (view(packet.data).getUint32(38) | 0);
    if (!isNext || length < 4) return [packet];
    const half = length >> 1;
    const joint = Buffer.concat([
      before.data.subarray(ETHERNET + IP, start),
      before.data.subarray(start + half),
      packet.data.subarray(start, start + ((packet.data.length - start) >> 1)),
    ]);
    joint.writeUInt32BE((view(before.data).getUint32(38) + half) >>> 0, 4);
    const address = (at: number): string => packet.data.subarray(at, at + 4).join('.');
    const data = ethernet(ipv4(joint, { source: address(26), destination: address(30) }));
    return [packet, { ...packet, data, originalLength: data.length }];
  });
}

const damaged =
  (damage: Damage) =>
  (packets: readonly FramedPacket[]): FramedPacket[] =>
    damage.apply(numbered(packets), seededRandom(5));

/** Forms of the packets; whether the copy must say the same. */
const FORMS: [name: string, form: (packets: readonly FramedPacket[]) => FramedPacket[], isSame: boolean][] = [
  ['as they were', (packets) => [...packets], true],
  ['with VLAN tags', (packets) => packets.map(tagged), true],
  ['in VXLAN', (packets) => packets.map(tunnelled), true],
  ['twice', damaged(doubled()), true],
  ['out of order', damaged(shuffled(1000)), true],
  ['sent again with other boundaries', sentAgain, true],
  ['in IP fragments', (packets) => packets.flatMap(fragmented), false],
  ['cut to 96 bytes', damaged(snapped(96)), false],
  ['cut to 200 bytes', damaged(snapped(200)), false],
  ['with one in twenty lost', damaged(lost(0.05)), false],
  ['out of order, twice and with losses', damaged(combined(lost(0.02), shuffled(1000), doubled())), false],
  ['of the master alone', damaged(oneWay('server')), false],
  ['of the replica alone', damaged(oneWay('client')), false],
  ['joined in the middle', (packets) => packets.slice(packets.length >> 1), false],
];

describe('packets', () => {
  for (const [name, form, isSame] of FORMS)
    it(name, async () => {
      const capture = writePcap(form(await tour));
      const copy = await scrubbedBytes(capture, ALL);
      expect(present(copy)).toEqual([]);
      expect(copy.length).toBe(capture.length);
      if (isSame) expect(await summaryOf(copy)).toEqual(await summaryOf(capture));
    });

  it('hold those words before', async () => {
    expect(present(writePcap(await tour))).toEqual(WORDS);
  });

  it('have sound TCP checksums, whatever is around them', async () => {
    const path = join(folder, 'all.pcap');
    const packets = await tour;
    const shapes = [packets, packets.map(tagged), packets.map(tunnelled), damaged(shuffled(1000))(packets)];
    const copies = await Promise.all(shapes.map((each) => scrubbedBytes(writePcap(each), ALL)));
    writeFileSync(path, writePcap((await Promise.all(copies.map(packetsOf))).flat()));
    const checked = ['-o', 'tcp.check_checksum:TRUE', '-T', 'fields', '-e', 'tcp.checksum.status'];
    const states = execFileSync('tshark', ['-r', path, ...checked], { encoding: 'utf8', stdio: 'pipe' });
    // 1: good.
    expect(new Set(states.trim().split('\n'))).toEqual(new Set(['1']));
    expect(states.trim().split('\n')).toHaveLength(shapes.length * packets.length);
  });
});

describe('pcapng', () => {
  const option = (code: number, text: string): Buffer => {
    const value = Buffer.from(text);
    const head = Buffer.alloc(4);
    head.writeUInt16LE(code, 0);
    head.writeUInt16LE(value.length, 2);
    return Buffer.concat([head, value, Buffer.alloc(-value.length & 3)]);
  };
  const record = (type: number, address: number[], name: string): Buffer => {
    const body = Buffer.concat([Buffer.from(address), Buffer.from(`${name}\0`)]);
    const head = Buffer.alloc(4);
    head.writeUInt16LE(type, 0);
    head.writeUInt16LE(body.length, 2);
    return Buffer.concat([head, body, Buffer.alloc(-body.length & 3)]);
  };
  const END = Buffer.alloc(4);

  it('loses comments, names of hosts, TLS keys and what others put there, and stays readable', async () => {
    const packets = (await tour).slice(0, 20);
    const file = writePcapng(packets, { interfaces: [{ linkType: 1 }] });
    const secret = 'Sq7x-meta';
    const blocks = [
      // Statistics with a comment; names; journal; custom; keys.
      writePcapngBlock(5, Buffer.concat([Buffer.alloc(12), option(1, secret), END])),
      writePcapngBlock(
        4,
        Buffer.concat([
          record(1, [10, 0, 0, 1], secret),
          record(2, Array(16).fill(1), secret),
          END,
          option(1, secret),
          END,
        ]),
      ),
      writePcapngBlock(9, Buffer.from(`MESSAGE=${secret}\n`.padEnd(40, ' '))),
      writePcapngBlock(0x0bad, Buffer.concat([Buffer.from([1, 0, 0, 0]), Buffer.from(secret.padEnd(12))])),
      writePcapngBlock(
        0x0a,
        Buffer.concat([Buffer.from('4b534c540c000000', 'hex'), Buffer.from(secret.padEnd(12))]),
      ),
    ];
    const whole = Buffer.concat([file, ...blocks]);
    for (const bytes of [whole, gzipSync(whole)]) {
      const copy = Buffer.from(await scrubbedBytes(bytes, ALL));
      expect(copy.length).toBe(whole.length);
      expect(copy.includes('Sq7x')).toBe(false);
      const path = join(folder, 'meta.pcapng');
      writeFileSync(path, copy);
      const frames = execFileSync('tshark', ['-r', path, '-Y', 'tcp', '-T', 'fields', '-e', 'frame.number'], {
        encoding: 'utf8',
        stdio: 'pipe',
      });
      expect(frames.trim().split('\n')).toHaveLength(packets.length);
    }
  });
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { analyze } from './index.js';
import { analyzeBytes } from './testing/analyze-bytes.js';
import { writePcap, writePcapng } from './testing/capture-writer.js';
import { captureBytes, type Fixture, replicationFixtures } from './testing/fixtures.js';
import { type FramedPacket, packetsOf, rotated, tagged, tunnelled } from './testing/reframe.js';

/** The file format, the reader and the layers around TCP must not show in what is said of the links. */

const folder = mkdtempSync(join(tmpdir(), 'psyncscope-framing-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What an outer IPv4 and UDP header can still carry: loopback frames may be larger. */
const TUNNEL_BYTES = 65_000;

const CLASSIC = replicationFixtures().filter(({ name }) => !name.endsWith('.pcapng'));

describe('the package pcap-parser as the reader', () => {
  for (const { name, path } of CLASSIC)
    it(name, async () => {
      expect(await analyze(path, { reader: 'pcap-parser' })).toEqual(await analyze(path));
    });
});

describe('three rotated files named in any order', () => {
  for (const { name, path } of CLASSIC)
    it(name, async () => {
      const packets = await packetsOf(captureBytes(path));
      const paths = rotated(packets, 3).map((run, index) => {
        const part = join(folder, `${name}.${index}`);
        writeFileSync(part, writePcap(run, { linkType: packets[0]!.linkType }));
        return part;
      });
      const whole = await analyze(path);
      for (const order of [
        [2, 0, 1],
        [1, 2, 0],
      ]) {
        const sources = order.map((index) => paths[index]!);
        const document = await analyze(sources);
        expect(document).toEqual({ ...whole, capture: { ...whole.capture, sources } });
      }
    });
});

describe('the same packets in another file format', () => {
  const writers: [string, (packets: FramedPacket[], linkType: number) => Uint8Array][] = [
    [
      'pcap with nanoseconds',
      (packets, linkType) => writePcap(packets, { variant: 'nanoseconds', extraNanoseconds: 999, linkType }),
    ],
    ['big-endian pcap', (packets, linkType) => writePcap(packets, { littleEndian: false, linkType })],
    ['pcapng', (packets, linkType) => writePcapng(packets, { interfaces: [{ linkType }] })],
    [
      'big-endian pcapng with nanoseconds',
      (packets, linkType) =>
        writePcapng(packets, { littleEndian: false, interfaces: [{ linkType, resolution: 9 }] }),
    ],
  ];
  for (const { name, path } of replicationFixtures())
    it(name, async () => {
      const bytes = captureBytes(path);
      const packets = await packetsOf(bytes);
      const { links, ignored } = await analyzeBytes(bytes);
      for (const [format, write] of writers) {
        const document = await analyzeBytes(write(packets, packets[0]!.linkType));
        expect(document.links, format).toEqual(links);
        expect(document.ignored, format).toEqual(ignored);
      }
    });
});

describe('the same packets wrapped in other layers', () => {
  for (const { name, path } of replicationFixtures().filter(isEthernet))
    it(name, async () => {
      const packets = await packetsOf(captureBytes(path));
      const { links } = await analyzeBytes(writePcap(packets));
      const vlan = await analyzeBytes(writePcap(packets.map(tagged)));
      expect(vlan.links).toEqual(links);
      if (!packets.every(fitsTunnel)) return;
      const tunnel = await analyzeBytes(writePcap(packets.map(tunnelled)));
      expect(tunnel.links).toEqual(links);
    });
});

function isEthernet({ expectation }: Fixture): boolean {
  return JSON.stringify(expectation.facts.capture?.linkTypes) === '["EN10MB"]';
}

/** Of a snapped packet the outer headers would have to claim what is not there. */
function fitsTunnel({ data, originalLength }: FramedPacket): boolean {
  return data.length === originalLength && data.length <= TUNNEL_BYTES;
}

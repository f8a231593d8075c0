import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeLoadedMaster } from '../make-capture.js';
import { makeMixedRdb } from './mixed-rdb.js';
import { request, SimulatedLink } from './simulated-link.js';
import { ACK, type End, FIN_ACK, PSH_ACK, SYN, WireWriter } from './wire-writer.js';

const LOOPBACK_SEGMENT_BYTES = 65_483;
const ETHERNET_SEGMENT_BYTES = 1_448;
const VALUE_BYTES = 100;
/** SETs of a block that is written again and again. */
const BLOCK_SETS = 8_192;
const TINY_PACKETS_A_FILE = 10_000_000;

export interface Workload {
  readonly id: string;
  readonly what: string;
  /** The capture, made on first use. `scale` 1: the size that docs/performance.md tells of. */
  make(folder: string, scale: number): Promise<Made>;
}

export interface Made {
  readonly capture: string;
  /** Port of the master, for tools that have to be told. */
  readonly port: number;
  readonly packets: number | null;
  /** The payload as a file, where the workload is one. */
  readonly rdb?: string;
}

const MASTER_PORT = 6379;

export const WORKLOADS: readonly Workload[] = [
  {
    id: 'W1',
    what: 'stream of 100-byte SETs, loopback segments',
    make: (folder, scale) => streamOf(folder, 'w1', LOOPBACK_SEGMENT_BYTES, 1e9 * scale),
  },
  {
    id: 'W1r',
    what: 'real master under redis-benchmark, its clients and a replica',
    make: async (folder, scale) => {
      const capture = join(folder, `loaded-master-${Math.round(3_500_000 * scale)}.pcap`);
      const port = await makeLoadedMaster(capture, Math.round(3_500_000 * scale));
      return { capture, port, packets: null };
    },
  },
  {
    id: 'W2',
    what: 'the same stream, segments of 1,448 bytes',
    make: (folder, scale) => streamOf(folder, 'w2', ETHERNET_SEGMENT_BYTES, 1e9 * scale),
  },
  { id: 'W3', what: 'full sync of 1 GB, mixed types', make: fullSync },
  {
    id: 'W4',
    what: 'three links among 100,000 client connections',
    make: (folder, scale) =>
      written(folder, `w4-${scale}`, (wire) => linksAmongClients(wire, Math.round(100_000 * scale))),
  },
  {
    id: 'W5',
    what: '1,000 links',
    make: (folder, scale) =>
      written(folder, `w5-${scale}`, (wire) => manyLinks(wire, 1_000, Math.round(1_000 * scale))),
  },
  {
    id: 'W6',
    what: 'tiny commands, one a packet',
    make: (folder, scale) =>
      written(folder, `w6-${scale}`, (wire) => tinyCommands(wire, Math.round(TINY_PACKETS_A_FILE * scale))),
  },
];

/** Makes a capture unless it is there, under another name until it is whole. */
async function written(folder: string, name: string, fill: (wire: WireWriter) => void): Promise<Made> {
  const capture = join(folder, `${name}.pcap`);
  const note = `${capture}.packets`;
  if (!existsSync(note)) {
    mkdirSync(dirname(capture), { recursive: true });
    const wire = new WireWriter(`${capture}.part`);
    fill(wire);
    wire.close();
    renameSync(`${capture}.part`, capture);
    writeFileSync(note, `${wire.packets}\n`);
  }
  return { capture, port: MASTER_PORT, packets: Number(readFileSync(note, 'utf8')) };
}

function streamOf(folder: string, name: string, segmentBytes: number, bytes: number): Promise<Made> {
  return written(folder, `${name}-${Math.round(bytes / 1e6)}`, (wire) => {
    const link = new SimulatedLink(wire, segmentBytes);
    link.attach();
    const block = Buffer.concat(Array.from({ length: BLOCK_SETS }, (_, i) => set(i)));
    while (wire.bytes < bytes) link.stream(block);
    link.acknowledge();
  });
}

async function fullSync(folder: string, scale: number): Promise<Made> {
  const rdb = await makeMixedRdb(join(folder, `w3-${scale}.rdb`), scale);
  const made = await written(folder, `w3-${scale}`, (wire) => {
    const bytes = readFileSync(rdb);
    const link = new SimulatedLink(wire, LOOPBACK_SEGMENT_BYTES);
    link.attach({ length: bytes.length, pieces: [bytes] });
    link.stream(set(1));
    link.acknowledge();
  });
  return { ...made, rdb };
}

/** Clients that each come, ask ten things and go, and three links whose stream tells of them. */
function linksAmongClients(wire: WireWriter, clients: number): void {
  const links = [0, 1, 2].map((number) => new SimulatedLink(wire, ETHERNET_SEGMENT_BYTES, number));
  for (const link of links) link.attach();
  const master = { address: 0x0a000001, port: MASTER_PORT };
  const answer = Buffer.from('+OK\r\n');
  for (let client = 0; client < clients; client++) {
    const from: End = {
      address: 0x0a800000 + (client >> 8),
      port: 30_000 + (client & 0xff),
      sequence: client,
    };
    const to: End = { ...master, sequence: client + 7 };
    wire.packet(from, to, SYN);
    wire.packet(to, from, SYN | ACK);
    wire.packet(from, to, ACK);
    for (let i = 0; i < 10; i++) {
      const command = set(client * 10 + i);
      wire.time += 20;
      wire.packet(from, to, PSH_ACK, command);
      wire.packet(to, from, PSH_ACK, answer);
      if (i % 5 === 4) for (const link of links) link.stream(command);
    }
    wire.packet(from, to, FIN_ACK);
    wire.packet(to, from, FIN_ACK);
    wire.packet(from, to, ACK);
  }
}

function manyLinks(wire: WireWriter, count: number, rounds: number): void {
  const links = Array.from(
    { length: count },
    (_, number) => new SimulatedLink(wire, ETHERNET_SEGMENT_BYTES, number),
  );
  for (const link of links) link.attach();
  for (let round = 0; round < rounds; round++) {
    const command = set(round);
    for (const link of links) link.stream(command);
    wire.time += 1_000;
  }
}

function tinyCommands(wire: WireWriter, packets: number): void {
  const link = new SimulatedLink(wire, ETHERNET_SEGMENT_BYTES);
  link.attach();
  const command = request('INCR', 'n');
  while (wire.packets < packets) link.stream(command);
  link.acknowledge();
}

function set(number: number): Buffer {
  const key = `key:${String(number % 1e9).padStart(12, '0')}`;
  return request('SET', key, String(number).padEnd(VALUE_BYTES, 'x'));
}

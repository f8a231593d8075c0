/**
 * What tshark and tcpflow still tell of damaged captures of replication links, beside psyncscope: `tsx bench/compare-damaged.ts`. Prints a
 * Markdown table. Needs both programs; CAPTURE picks captures whose name contains it.
 */
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRandom } from '../src/embedded/net/seeded-random.js';
import type { Session } from '../src/replication/model.js';
import { type Analysis, analyzePackets } from '../src/testing/analyze-packets.js';
import { writePcap } from '../src/testing/capture-writer.js';
import { DAMAGES, type Damage, type NumberedPacket, numbered } from '../src/testing/damage.js';
import { captureBytes, replicationFixtures } from '../src/testing/fixtures.js';
import { packetsOf } from '../src/testing/reframe.js';

const PICKED = (
  process.env.CAPTURE ?? 'partial-resync-,fullsync-,multi-replica-,lagging-,backlog-overflow-'
).split(',');
const KINDS = [
  'loss 1 %',
  'loss 5 %',
  'bursts of 20 lost',
  'snaplen 96',
  'reordered 1 ms',
  'every packet twice',
  "master's packets only",
];
const UNDAMAGED: Damage = { name: 'none', isRandom: false, apply: (packets) => [...packets] };
const MOST_OUTPUT = 1 << 30;

/** Of all captures with one damage. */
interface Sums {
  /** Commands of the sessions in the whole captures, and what each program shows of them. */
  commands: number;
  psyncscope: number;
  tshark: number;
  /** Sessions, and those whose last offset psyncscope tells, and tells right (what was lost at the end excepted). */
  sessions: number;
  offsets: number;
  /** Bytes that masters sent, and those that tcpflow's files have at their place. */
  bytes: number;
  tcpflow: number;
  /** Bytes in those files that are something else. */
  misplaced: number;
}

const folder = mkdtempSync(join(tmpdir(), 'psyncscope-compare-'));
const fixtures = replicationFixtures().filter(({ name }) => PICKED.some((part) => name.includes(part)));
console.log(`${fixtures.length} captures\n`);
console.log(
  '| damage | commands: psyncscope | commands: tshark | last offset: psyncscope | bytes in place: tcpflow | bytes out of place: tcpflow |',
);
console.log('| --- | --- | --- | --- | --- | --- |');
for (const damage of [UNDAMAGED, ...DAMAGES.filter(({ name }) => KINDS.includes(name))]) {
  const sums: Sums = {
    commands: 0,
    psyncscope: 0,
    tshark: 0,
    sessions: 0,
    offsets: 0,
    bytes: 0,
    tcpflow: 0,
    misplaced: 0,
  };
  for (const { path } of fixtures) {
    const packets = numbered(await packetsOf(captureBytes(path)));
    compare(packets, damage.apply(packets, seededRandom(1)), sums);
  }
  const cells = [
    damage.name,
    percent(sums.psyncscope, sums.commands),
    percent(sums.tshark, sums.commands),
    `${sums.offsets} of ${sums.sessions}`,
    percent(sums.tcpflow, sums.bytes),
    percent(sums.misplaced, sums.bytes),
  ];
  console.log(`| ${cells.join(' | ')} |`);
}
rmSync(folder, { recursive: true });

function compare(packets: NumberedPacket[], left: NumberedPacket[], sums: Sums): void {
  const whole = written('whole.pcap', packets);
  const damaged = written('damaged.pcap', left);
  const found = new Map(sessionsOf(analyzePackets(left)).map((session) => [keyOf(session), session]));
  const truths = sessionsOf(analyzePackets(packets));
  const shown = arraysShown(damaged, truths);
  for (const truth of truths) {
    if (truth.offsets.basis !== 'handshake') continue;
    const same = found.get(keyOf(truth));
    const { commands } = truth.stream;
    sums.commands += commands;
    sums.psyncscope += Math.min(commands, same?.stream.commands ?? 0);
    sums.tshark += Math.min(commands, shown.get(`${portOf(truth.link.master)} ${truth.clientPort}`) ?? 0);
    sums.sessions++;
    if (same !== undefined && isRightOffset(same, truth)) sums.offsets++;
  }
  const files = flows(whole, 'whole');
  const others = flows(damaged, 'damaged');
  for (const truth of truths) {
    const name = flowName(truth);
    const before = files.get(name);
    if (before === undefined) continue;
    const after = others.get(name) ?? Buffer.alloc(0);
    sums.bytes += before.length;
    for (let i = 0; i < after.length; i++) {
      if (after[i] === before[i]) sums.tcpflow++;
      else if (after[i] !== 0) sums.misplaced++; // 0: a hole it left
    }
  }
}

/** The last offset is that of the whole capture, or less where the last bytes are lost. */
function isRightOffset({ offsets }: Session, truth: Session): boolean {
  if (offsets.end === null || offsets.basis === 'none') return false;
  const { start, end } = truth.offsets;
  return (
    offsets.end <= end! && offsets.end >= Math.max(start!, offsets.lastAck ?? 0) && offsets.start! >= start!
  );
}

/** Arrays that tshark shows of what masters say, by the ports of both ends. */
function arraysShown(file: string, sessions: readonly Session[]): Map<string, number> {
  const ports = new Set(sessions.map(({ link }) => portOf(link.master)));
  const options = [...ports].flatMap((port) => ['-d', `tcp.port==${port},resp`]);
  options.push('-Y', 'resp.array.length', '-T', 'fields');
  for (const field of ['tcp.srcport', 'tcp.dstport', 'resp.array.length']) options.push('-e', field);
  const { stdout } = spawnSync('tshark', ['-r', file, ...options], {
    encoding: 'utf8',
    maxBuffer: MOST_OUTPUT,
  });
  const shown = new Map<string, number>();
  for (const line of stdout.split('\n')) {
    const [source, destination, lengths = ''] = line.split('\t');
    const key = `${source} ${destination}`;
    shown.set(key, (shown.get(key) ?? 0) + lengths.split(',').length);
  }
  return shown;
}

function portOf(endpoint: string): string {
  return endpoint.slice(endpoint.lastIndexOf(':') + 1);
}

/** What tcpflow writes of a capture, by file name. */
function flows(file: string, name: string): Map<string, Buffer> {
  const into = join(folder, name);
  if (existsSync(into)) rmSync(into, { recursive: true });
  mkdirSync(into);
  spawnSync('tcpflow', ['-r', file, '-o', into], { encoding: 'utf8' });
  return new Map(readdirSync(into).map((flow) => [flow, readFileSync(join(into, flow))]));
}

/** `127.000.000.001.06379-127.000.000.001.40000` */
function flowName({ link, clientAddress, clientPort }: Session): string {
  const at = link.master.lastIndexOf(':');
  return `${flowEnd(link.master.slice(0, at), Number(link.master.slice(at + 1)))}-${flowEnd(clientAddress, clientPort)}`;
}

function flowEnd(address: string, port: number): string {
  return [...address.split('.').map((part) => part.padStart(3, '0')), `${port}`.padStart(5, '0')].join('.');
}

function written(name: string, packets: readonly NumberedPacket[]): string {
  const path = join(folder, name);
  writeFileSync(path, writePcap(packets, { linkType: packets[0]?.linkType ?? 1 }));
  return path;
}

function sessionsOf({ links }: Analysis): Session[] {
  return links.flatMap((link) => link.sessions);
}

function keyOf(session: Session): string {
  return `${session.link.master} ${session.clientAddress}:${session.clientPort}`;
}

function percent(part: number, whole: number): string {
  return whole === 0 ? '–' : `${((100 * part) / whole).toFixed(1)} %`;
}

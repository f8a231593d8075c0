import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MILLISECOND, SECOND } from '../embedded/net/clock.js';
import type { Channel, ChannelHandler, Endpoint, Listener, Network } from '../embedded/net/network.js';
import { seededRandom } from '../embedded/net/seeded-random.js';
import { SimulatedClock } from '../embedded/net/simulated-clock.js';
import { SimulatedNetwork, type SimulatedNetworkOptions } from '../embedded/net/simulated-network.js';
import type { StageClock } from '../embedded/net/stage-clock.js';
import { type FaultOptions, FaultStage } from '../embedded/tap/faults.js';
import { type FrameSink, tee } from '../embedded/tap/frame-sink.js';
import { PcapWriter } from '../embedded/tap/pcap-file.js';
import { Tap } from '../embedded/tap/tap.js';

/** A tapped network for tests, and tshark to say what it makes of the packets. */

/** Frames as a file, and their times. */
export class File implements FrameSink {
  readonly times: number[] = [];
  readonly frames: Uint8Array[] = [];
  readonly originals: number[] = [];
  readonly #parts: Uint8Array[] = [];
  readonly #writer = new PcapWriter((bytes) => this.#parts.push(bytes));

  frame(time: number, bytes: Uint8Array, originalLength: number): void {
    this.times.push(time);
    this.frames.push(bytes);
    this.originals.push(originalLength);
    this.#writer.frame(time, bytes, originalLength);
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#parts);
  }
}

export function tshark(file: File, ...args: string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'tap-'));
  const path = join(folder, 'capture.pcap');
  writeFileSync(path, file.bytes);
  const checks = [
    '-o',
    'tcp.check_checksum:TRUE',
    '-o',
    'ip.check_checksum:TRUE',
    '-o',
    'tcp.relative_sequence_numbers:TRUE',
    // The tests talk gibberish on port 6379.
    '--disable-protocol',
    'resp',
  ];
  const options = { encoding: 'utf8', maxBuffer: 1 << 30, stdio: 'pipe' } as const;
  const output = execFileSync('tshark', ['-r', path, ...checks, ...args], options);
  rmSync(folder, { recursive: true });
  return output;
}

/** What tshark finds to say, from warnings upwards. */
export function complaints(file: File): string {
  return tshark(file, '-q', '-z', 'expert,warn').trim();
}

/** The fields of each packet. */
export function fields(file: File, ...names: string[]): string[] {
  const args = names.flatMap((name) => ['-e', name]);
  return tshark(file, '-T', 'fields', '-E', 'separator= ', ...args)
    .trimEnd()
    .split('\n');
}

/** Each packet as: port of the sender, flags, relative sequence number and acknowledgment, bytes. */
export function rows(file: File): string[] {
  const names = ['FIN', 'SYN', 'RST', 'PSH', 'ACK'];
  return fields(file, 'tcp.srcport', 'tcp.flags', 'tcp.seq', 'tcp.ack', 'tcp.len').map((line) => {
    const [port, flags, ...numbers] = line.split(' ');
    const set = names.filter((_, i) => Number(flags) & (1 << i));
    return [port, ...set, ...numbers].join(' ');
  });
}

/** The payload of a connection as tshark puts it together: from the client, from the server. */
export function follow(file: File, stream = 0): [Buffer, Buffer] {
  const lines = tshark(file, '-q', '-z', `follow,tcp,raw,${stream}`).split('\n').slice(6, -2);
  const hex = (server: boolean) =>
    lines
      .filter((line) => line.startsWith('\t') === server)
      .join('')
      .replaceAll('\t', '');
  return [Buffer.from(hex(false), 'hex'), Buffer.from(hex(true), 'hex')];
}

/** Writes all it is given back, and may close in the end. */
export const echo = (channel: Channel): ChannelHandler => ({
  opened() {},
  data: (bytes) => channel.write(bytes),
  closed() {},
});

export const silent: ChannelHandler = { opened() {}, data() {}, closed() {} };

export function listen(
  clock: StageClock,
  network: Network,
  endpoint: Endpoint,
  accept = echo,
): Promise<Listener> {
  return clock.promise((resolve, reject) =>
    network.listen(endpoint, accept, (result) =>
      result instanceof Error ? reject(result) : resolve(result),
    ),
  );
}

export interface Simulation {
  clock: SimulatedClock;
  network: SimulatedNetwork;
  /** What there was to capture, and what was captured. */
  wire: File;
  file: File;
  stage: FaultStage;
}

export function simulation(
  options: SimulatedNetworkOptions & { seed?: number; faults?: FaultOptions; segmentBytes?: number } = {},
): Simulation {
  const { seed = 1, faults = {}, segmentBytes, ...settings } = options;
  const clock = new SimulatedClock(1_700_000_000 * SECOND);
  const random = seededRandom(seed);
  const file = new File();
  const stage = new FaultStage(file, clock, random, faults);
  const wire = new File();
  const observer = new Tap(
    clock,
    tee(wire, stage),
    segmentBytes === undefined ? { random } : { random, segmentBytes },
  );
  return { clock, network: new SimulatedNetwork(clock, { ...settings, observer }), wire, file, stage };
}

export const MASTER = { host: '10.0.0.1', port: 6379 };
export const MASTER6 = { host: '2001:db8::1', port: 6379 };

/** A conversation with pauses, both directions, large and small. @returns what went each way. */
export async function talk(
  { clock, network }: Simulation,
  master = MASTER,
  client = '10.0.0.2',
): Promise<[Buffer, Buffer]> {
  const random = seededRandom(9);
  const sent: Buffer[] = [];
  const got: Buffer[] = [];
  const listener = await listen(clock, network, master);
  const channel = network.connect(client, master, {
    ...silent,
    data: (bytes) => got.push(Buffer.from(bytes)),
  });
  for (let i = 0; i < 60; i++) {
    const bytes = Buffer.from(
      Uint8Array.from({ length: Math.floor(random() ** 6 * 40_000) + 1 }, () => random() * 256),
    );
    sent.push(bytes);
    channel.write(bytes);
    await clock.sleep(Math.floor(random() * 2 * MILLISECOND));
  }
  await clock.sleep(SECOND);
  channel.end();
  listener.close();
  await clock.sleep(SECOND);
  return [Buffer.concat(sent), Buffer.concat(got)];
}

export const sorted = (times: number[]) => times.every((time, i) => i === 0 || time >= times[i - 1]!);

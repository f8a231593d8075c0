import { describe, expect, test } from 'vitest';
import type { WireItem, WireKind } from '../net/wire.js';
import { ConnectionFramer } from './framer.js';
import { Hosts } from './hosts.js';

/** What a packet says, read by code of this test's own. */
interface Read {
  from: string;
  flags: string;
  sequence: number;
  acknowledgment: number;
  window: number;
  options: number[];
  payload: string;
  ipId: number | null;
}

const FLAGS = ['FIN', 'SYN', 'RST', 'PSH', 'ACK'];

/** Sum of all 16-bit words in one's complement (RFC 1071), in the slowest way. */
function onesSum(bytes: number[]): number {
  const even = bytes.length % 2 === 0 ? bytes : [...bytes, 0];
  let sum = 0n;
  for (let i = 0; i < even.length; i += 2) sum += BigInt(even[i]! * 256 + even[i + 1]!);
  while (sum > 0xffffn) sum = (sum & 0xffffn) + (sum >> 16n);
  return Number(sum);
}

/** Reads a frame, and checks lengths and checksums on the way: a sum with its own checksum is all ones. */
function read(frame: Uint8Array): Read {
  const buffer = Buffer.from(frame);
  const isIpv4 = buffer.readUInt16BE(12) === 0x0800;
  const ip = buffer.subarray(14);
  const headerBytes = isIpv4 ? 20 : 40;
  const tcp = ip.subarray(headerBytes);
  if (isIpv4) {
    expect(ip[0]).toBe(0x45);
    expect(ip.readUInt16BE(2)).toBe(ip.length);
    expect(ip[9]).toBe(6);
    expect(onesSum([...ip.subarray(0, 20)])).toBe(0xffff);
  } else {
    expect(buffer.readUInt16BE(12)).toBe(0x86dd);
    expect(ip[0]).toBe(0x60);
    expect(ip.readUInt16BE(4)).toBe(tcp.length);
    expect(ip[6]).toBe(6);
  }
  const addresses = [...(isIpv4 ? ip.subarray(12, 20) : ip.subarray(8, 40))];
  const length = [tcp.length >>> 24, tcp.length >>> 16, tcp.length >>> 8, tcp.length].map(
    (byte) => byte & 255,
  );
  expect(onesSum([...addresses, ...length, 0, 0, 0, 6, ...tcp])).toBe(0xffff);
  const bits = tcp[13]!;
  const payloadAt = (tcp[12]! >> 4) * 4;
  return {
    from: `${addresses.slice(0, addresses.length / 2).join('.')}:${tcp.readUInt16BE(0)}`,
    flags: FLAGS.filter((_, i) => bits & (1 << i)).join(' '),
    sequence: tcp.readUInt32BE(4),
    acknowledgment: tcp.readUInt32BE(8),
    window: tcp.readUInt16BE(14),
    options: [...tcp.subarray(20, payloadAt)],
    payload: tcp.subarray(payloadAt).toString('latin1'),
    ipId: isIpv4 ? ip.readUInt16BE(4) : null,
  };
}

function item(kind: WireKind, acknowledged = 0, bytes = '', window = 65_536): WireItem {
  return { kind, acknowledged, bytes: Buffer.from(bytes), window };
}

/** A framer between 10.0.0.1:6379 (ours) and 10.0.0.2:40000, and what it makes. */
function framer(
  options: { ours?: number; theirs?: number; segment?: number; ipv6?: boolean; random?: number } = {},
) {
  const { ours = 1000, theirs = 5000, segment = 10, ipv6 = false, random = 0.5 } = options;
  const hosts = new Hosts(() => random);
  const frames: { time: number; bytes: Uint8Array }[] = [];
  const time = { now: 7_000_000 };
  const made = new ConnectionFramer(
    { host: hosts.get(ipv6 ? '2001:db8::1' : '10.0.0.1'), port: 6379, initialSequence: ours },
    { host: hosts.get(ipv6 ? '2001:db8::2' : '10.0.0.2'), port: 40_000, initialSequence: theirs },
    segment,
    () => time.now,
    (at, bytes) => frames.push({ time: at, bytes }),
  );
  return { made, frames, time, taken: () => frames.splice(0).map((frame) => read(frame.bytes)) };
}

const row = ({ from, flags, sequence, acknowledgment, window, payload }: Read) =>
  `${from.split(':')[1]} ${flags} ${sequence} ${acknowledgment} ${window}${payload === '' ? '' : ` ${payload}`}`;

test('a connection from SYN to FIN, number by number', () => {
  const { made, taken } = framer();
  made.passed('in', item('syn'));
  made.passed('out', item('syn-ack'));
  made.passed('in', item('ack'));
  made.passed('in', item('data', 0, 'PING'));
  made.passed('out', item('data', 4, 'one segment and a bit more'));
  made.passed('in', item('ack', 26, '', 0));
  made.passed('out', item('fin', 4));
  made.passed('in', item('fin', 27));
  made.passed('out', item('ack', 5));
  expect(taken().map(row)).toEqual([
    '40000 SYN 5000 0 65535',
    '6379 SYN ACK 1000 5001 65535',
    '40000 ACK 5001 1001 32769',
    '40000 PSH ACK 5001 1001 32769 PING',
    '6379 ACK 1001 5005 32769 one segmen',
    '6379 ACK 1011 5005 32769 t and a bi',
    '6379 PSH ACK 1021 5005 32769 t more',
    '40000 ACK 5005 1027 0',
    '6379 FIN ACK 1027 5005 32769',
    '40000 FIN ACK 5005 1028 32769',
    '6379 ACK 1028 5006 32769',
  ]);
});

test('refused and reset', () => {
  const { made, taken } = framer();
  made.passed('out', item('syn'));
  made.passed('in', item('refuse'));
  expect(taken().map(row)).toEqual(['6379 SYN 1000 0 65535', '40000 RST ACK 0 1001 0']);
  const other = framer();
  other.made.passed('in', item('syn'));
  other.made.passed('out', item('syn-ack'));
  other.made.passed('in', item('ack'));
  other.made.passed('in', item('data', 0, 'abc'));
  other.made.passed('out', item('rst', 3));
  expect(other.taken().map(row).at(-1)).toBe('6379 RST ACK 1001 5004 0');
});

test.each([
  { segment: 1, lengths: [1, 1, 1, 1, 1] },
  { segment: 4, lengths: [4, 1] },
  { segment: 5, lengths: [5] },
  { segment: 1448, lengths: [5] },
])('segments of at most $segment bytes', ({ segment, lengths }) => {
  const { made, taken } = framer({ segment });
  made.passed('out', item('data', 0, 'hello'));
  const packets = taken();
  expect(packets.map(({ payload }) => payload.length)).toEqual(lengths);
  expect(packets.map(({ payload }) => payload).join('')).toBe('hello');
  expect(packets.map(({ flags }) => flags.includes('PSH'))).toEqual(
    lengths.map((_, i) => i === lengths.length - 1),
  );
});

test('sequence numbers wrap around, in the SYN, in data, in a FIN and in what is acknowledged', () => {
  const { made, taken } = framer({ ours: 0xffff_ffff, theirs: 0xffff_fffa });
  made.passed('in', item('syn'));
  made.passed('out', item('syn-ack'));
  made.passed('in', item('data', 0, '12345678'));
  made.passed('in', item('fin', 0));
  made.passed('out', item('fin', 9));
  made.passed('in', item('ack', 1));
  expect(taken().map(row)).toEqual([
    '40000 SYN 4294967290 0 65535',
    '6379 SYN ACK 4294967295 4294967291 65535',
    '40000 PSH ACK 4294967291 0 32769 12345678',
    '40000 FIN ACK 3 0 32769',
    '6379 FIN ACK 0 4 32769',
    '40000 ACK 4 1 32769',
  ]);
});

test('more than 4 GiB in one direction', () => {
  const { made, taken } = framer({ ours: 0 });
  made.passed('in', item('ack', 2 ** 32 + 5));
  expect(taken()[0]!.acknowledgment).toBe(6);
});

test('options: what Linux offers, and timestamps that are echoed', () => {
  const { made, taken, time } = framer({ segment: 1448 });
  const start = 0x8000_0000 + 7000;
  const bytes = (value: number) => [...Buffer.from(value.toString(16).padStart(8, '0'), 'hex')];
  made.passed('in', item('syn', 0, '', 262_144));
  time.now += 2500;
  made.passed('out', item('syn-ack', 0, '', 8_000_000));
  time.now += 100_000;
  made.passed('in', item('ack', 0, '', 262_144));
  made.passed('out', item('ack', 0, '', 8_000_000));
  const [syn, synAck, ack, back] = taken();
  expect(syn!.options).toEqual([2, 4, 5, 180, 4, 2, 8, 10, ...bytes(start), 0, 0, 0, 0, 1, 3, 3, 3]);
  const answer = [2, 4, 5, 180, 4, 2, 8, 10, ...bytes(start + 2), ...bytes(start), 1, 3, 3, 7];
  expect(synAck!.options).toEqual(answer);
  expect(ack!.options).toEqual([1, 1, 8, 10, ...bytes(start + 102), ...bytes(start + 2)]);
  // Never less than the window that the sender keeps to.
  expect(ack!.window * 2 ** 3).toBeGreaterThan(262_144);
  expect(ack!.window * 2 ** 3).toBeLessThanOrEqual(262_144 + 8);
  expect(back!.window * 2 ** 7).toBeGreaterThan(8_000_000);
});

describe('IP', () => {
  test('ids count per host and wrap', () => {
    const { made, taken } = framer({ random: 65_534 / 65_536 });
    for (let i = 0; i < 4; i++) made.passed('out', item('ack'));
    made.passed('in', item('ack'));
    expect(taken().map(({ ipId }) => ipId)).toEqual([65_534, 65_535, 0, 1, 65_534]);
  });

  test('IPv6, and odd lengths', () => {
    const { made, taken } = framer({ ipv6: true });
    made.passed('in', item('syn'));
    for (let length = 1; length <= 10; length++) made.passed('in', item('data', 0, 'x'.repeat(length)));
    const packets = taken();
    expect(packets[1]!.from).toBe('32.1.13.184.0.0.0.0.0.0.0.0.0.0.0.2:40000');
    expect(packets.map(({ payload }) => payload.length)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  test('Ethernet: an address of its own for each host, none on loopback', () => {
    const { made, frames } = framer();
    made.passed('in', item('syn'));
    expect(Buffer.from(frames[0]!.bytes.subarray(0, 12)).toString('hex')).toBe('02000a00000102000a000002');
    expect([...new Hosts(() => 0).get('127.0.0.1').mac]).toEqual([0, 0, 0, 0, 0, 0]);
    expect(() => new Hosts(() => 0).get('localhost')).toThrow('not an address');
  });
});

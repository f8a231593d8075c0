import { describe, expect, it } from 'vitest';
import { decodePacket, nonZero } from '../testing/decode-packet.js';
import { ethernet, ipv4, type TcpFields, tcp } from '../testing/packet-builder.js';
import { ACK, SYN } from './segment.js';

function decode(fields: TcpFields) {
  return decodePacket(ethernet(ipv4(tcp(fields))));
}

describe('TCP header', () => {
  it('gives every field, numbers unsigned', () => {
    const { segment } = decode({
      sourcePort: 65_535,
      destinationPort: 6379,
      sequence: 0xfffffff0,
      acknowledgment: 0x80000000,
      flags: 0xff,
      window: 0xffff,
    });
    expect(segment).toMatchObject({
      sourcePort: 65_535,
      destinationPort: 6379,
      sequence: 0xfffffff0,
      acknowledgment: 0x80000000,
      flags: 0xff,
      window: 0xffff,
      payloadLength: 0,
    });
  });

  it('finds the payload behind options', () => {
    expect(decode({ options: new Uint8Array(40).fill(1), payload: 'PING' }).payload).toBe('PING');
  });

  it.each([0, 4])('refuses a data offset of %i', (dataOffset) => {
    expect(nonZero(decode({ dataOffset, payload: 'PING' }).counters)).toEqual({ malformed: 1 });
  });

  it('refuses a data offset beyond the packet', () => {
    expect(nonZero(decode({ dataOffset: 7, payload: 'PING' }).counters)).toEqual({ malformed: 1 });
    expect(decode({ dataOffset: 6, payload: 'PING' }).payload).toBe('');
  });
});

describe('window scale', () => {
  it.each<[string, number, number[], number]>([
    ['of a SYN', SYN, [3, 3, 7], 7],
    ['of a SYN, ACK', SYN | ACK, [3, 3, 0], 0],
    ['behind other options', SYN, [2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 9], 9],
    ['above 14', SYN, [3, 3, 255], 14],
    ['without SYN', ACK, [3, 3, 7], -1],
    ['absent', SYN, [2, 4, 5, 180], -1],
    ['without options', SYN, [], -1],
    ['behind the end of options', SYN, [0, 3, 3, 7], -1],
    ['of a wrong length', SYN, [3, 4, 7, 7], -1],
    ['behind an option of length 0', SYN, [2, 0, 3, 3, 7], -1],
    ['behind an option of length 1', SYN, [2, 1, 3, 3, 7], -1],
    ['cut by the end of the header', SYN, [1, 1, 3, 3], -1],
    ['without even a length', SYN, [1, 1, 1, 3], -1],
  ])('%s', (_name, flags, options, expected) => {
    expect(decode({ flags, options, payload: '\x03\x03\x05' }).segment?.windowScale).toBe(expected);
  });
});

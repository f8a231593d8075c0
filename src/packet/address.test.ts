import { describe, expect, it } from 'vitest';
import { formatAddress, formatEndpoint, parseAddress } from './address.js';

describe('formatAddress', () => {
  it.each([
    // RFC 5952, 1 and 4: leading zeros, zero runs, ties, case.
    ['2001:0db8:0000:0000:0001:0000:0000:0001', '2001:db8::1:0:0:1'],
    ['2001:db8:0:0:0:0:2:1', '2001:db8::2:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:DB8::AAAA:Aaaa', '2001:db8::aaaa:aaaa'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['1:0:0:0:0:0:0:0', '1::'],
    ['ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
    ['1:2:3:4:5:6:0:0', '1:2:3:4:5:6::'],
    ['0:0:3:4:5:6:7:8', '::3:4:5:6:7:8'],
    ['0:2:3:4:5:6:7:0', '0:2:3:4:5:6:7:0'],
    ['fe80::200:5eff:fe00:5301', 'fe80::200:5eff:fe00:5301'],
    ['::192.0.2.1', '::c000:201'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:c000:0201', '192.0.2.1'],
    ['255.255.255.255', '255.255.255.255'],
    ['0.0.0.0', '0.0.0.0'],
  ])('%s is %s', (text, canonical) => {
    const words = parseAddress(text);
    expect(words).not.toBeNull();
    expect(formatAddress(...words!)).toBe(canonical);
    expect(parseAddress(canonical)).toEqual(words);
  });

  it('takes words signed or unsigned', () => {
    expect(formatAddress(0, 0, 0xffff, 0xc0a80001)).toBe('192.168.0.1');
    expect(formatAddress(0xfe800000, 0, 0, 1)).toBe('fe80::1');
  });
});

describe('formatEndpoint', () => {
  it('puts brackets around IPv6 only', () => {
    expect(formatEndpoint(...parseAddress('127.0.0.1')!, 6379)).toBe('127.0.0.1:6379');
    expect(formatEndpoint(...parseAddress('::1')!, 6379)).toBe('[::1]:6379');
  });
});

describe('parseAddress', () => {
  it('gives signed words, as a segment has them', () => {
    expect(parseAddress('192.168.0.1')).toEqual([0, 0, 0xffff, 0xc0a80001 | 0]);
    expect(parseAddress('ff02::fb')).toEqual([0xff020000 | 0, 0, 0, 0xfb]);
  });

  it.each([
    '',
    ':',
    ':::',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7::8',
    '1::2::3',
    ':1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:',
    '12345::',
    'g::',
    '[::1]',
    'fe80::1%eth0',
    '::1/128',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '01.2.3.4',
    '1.2.3.4:6379',
    '1.2.3.4::',
    '::1.2.3.4:5',
    '1:2:3:4:5:6:7:1.2.3.4',
    'localhost',
    ' ::1',
  ])('refuses %j', (text) => {
    expect(parseAddress(text)).toBeNull();
  });
});

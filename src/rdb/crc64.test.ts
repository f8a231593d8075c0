import { expect, it } from 'vitest';
import { random } from '../testing/rdb-trace.js';
import { RdbWriter } from '../testing/rdb-writer.js';
import { Crc64 } from './crc64.js';

const bytes = (text: string) => new TextEncoder().encode(text);

it('has the check value of the format page', () => {
  const crc = new Crc64();
  crc.update(bytes('123456789'), 0, 9);
  expect(crc.hex()).toBe('e9c6d914c4b8d9ca');
});

it('agrees with the bitwise CRC of the writer for every length and cut', () => {
  const draw = random(1);
  for (let length = 0; length < 70; length++) {
    const filler = Uint8Array.from({ length }, () => draw(256));
    const payload = new RdbWriter(11).raw(filler).end();
    const end = payload.length - 8;
    for (let cut = 0; cut <= end; cut += 5) {
      const crc = new Crc64();
      crc.update(payload, 0, cut);
      crc.update(payload, cut, end);
      expect(crc.matches(payload, end)).toBe(true);
    }
  }
});

it('sees one changed bit in any byte of a trailer', () => {
  const payload = new RdbWriter(11).end();
  const end = payload.length - 8;
  const crc = new Crc64();
  crc.update(payload, 0, end);
  for (let i = end; i < payload.length; i++) {
    const changed = payload.slice();
    changed[i]! ^= 1;
    expect(crc.matches(changed, end)).toBe(false);
  }
});

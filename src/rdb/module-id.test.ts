import { expect, it } from 'vitest';
import { moduleName } from './module-id.js';

it('reads nine characters and a version, first character highest', () => {
  // In the alphabet of the format page R=17 e=30 J=9 S=18 O=14 N=13 -=62 R=17 L=11.
  const codes = [17, 30, 9, 18, 14, 13, 62, 17, 11];
  const id = (codes.reduce((sum, code) => (sum << 6n) | BigInt(code), 0n) << 10n) | 3n;
  expect(moduleName(id)).toEqual({ name: 'ReJSON-RL', version: 3 });
});

import { expect, test } from 'vitest';
import { linkTypeName } from './link-types.js';

test.each([
  [0, 'NULL'],
  [1, 'EN10MB'],
  [12, 'RAW'],
  [14, 'RAW'],
  [101, 'RAW'],
  [105, 'IEEE802_11'],
  [108, 'LOOP'],
  [113, 'LINUX_SLL'],
  [228, 'IPV4'],
  [229, 'IPV6'],
  [276, 'LINUX_SLL2'],
  [147, 'LINKTYPE_147'],
])('link type %d is %s', (linkType, name) => {
  expect(linkTypeName(linkType)).toBe(name);
});

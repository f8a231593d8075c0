import { UsageError } from './errors.js';

/** Units of a server's configuration (memtoull): k, m, g are powers of 1000, kb, mb, gb of 1024. */
const UNITS: Record<string, number> = {
  '': 1,
  b: 1,
  k: 1000,
  kb: 1024,
  m: 1000 ** 2,
  mb: 1024 ** 2,
  g: 1000 ** 3,
  gb: 1024 ** 3,
};

/** Bytes of `64mb`, `1gb`, `16384`. @throws UsageError */
export function parseSize(flag: string, text: string): number {
  const match = /^(\d{1,15})([kmg]?b?)$/i.exec(text.trim());
  const unit = UNITS[match?.[2]?.toLowerCase() ?? ''];
  if (match === null || unit === undefined)
    throw new UsageError(`--${flag}: a size such as 16384, 64mb or 1gb is required: ${text}`);
  return Number(match[1]) * unit;
}

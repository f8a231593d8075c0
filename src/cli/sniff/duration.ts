import { UsageError } from '../errors.js';

const UNITS_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Reads `90s`, `5m`, `2h`, `250ms`, `90` (seconds). @returns ms. @throws UsageError */
export function parseDuration(flag: string, text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(text);
  const ms = match === null ? 0 : Number(match[1]) * UNITS_MS[(match[2] ?? 's') as keyof typeof UNITS_MS];
  if (ms > 0) return ms;
  throw new UsageError(`--${flag}: not a duration: ${text} (as in 90s, 5m, 2h)`);
}

import { UsageError } from './errors.js';

const DAY_US = 86_400_000_000;

/**
 * A point in time as typed after --since or --until: `+90s` (also ms, m, h) from the capture's first packet; `07:51:04` or
 * `07:51:04.25` on its first day; or an ISO 8601 date and time. Times without a zone are read in the zone that is shown.
 * @returns the time in µs, given the first packet's.
 * @throws UsageError
 */
export function parseTimeOption(
  name: string,
  text: string,
  zone: 'utc' | 'local',
): (firstTime: number) => number {
  const relative = /^\+(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text);
  if (relative !== null) {
    const unit = { ms: 1e3, s: 1e6, m: 60e6, h: 3600e6 }[relative[2] ?? 's']!;
    return (firstTime) => firstTime + Number(relative[1]) * unit;
  }
  const clock = /^(\d{1,2}):(\d{2})(?::(\d{2}(?:\.\d+)?))?$/.exec(text);
  if (clock !== null && Number(clock[1]) < 24 && Number(clock[2]) < 60 && Number(clock[3] ?? 0) < 60) {
    const ofDay = (Number(clock[1]) * 3600 + Number(clock[2]) * 60 + Number(clock[3] ?? 0)) * 1e6;
    return (firstTime) => midnight(firstTime, zone) + ofDay;
  }
  const zoned = /[zZ]$|[+-]\d{2}:?\d{2}$/.test(text) || zone === 'local';
  const dated = /^\d{4}-\d{2}-\d{2}(?:[T ](\d{2}:\d{2}(?::\d{2})?)(\.\d+)?(.*))?$/.exec(text);
  if (dated !== null) {
    const fraction = dated[2] === undefined ? 0 : Math.round(Number(`0${dated[2]}`) * 1e6);
    const whole = text.replace(dated[2] ?? '', '').replace(' ', 'T');
    const full = whole.includes('T') ? whole : `${whole}T00:00:00`;
    const milliseconds = Date.parse(zoned ? full : `${full}Z`);
    if (!Number.isNaN(milliseconds)) return () => milliseconds * 1000 + fraction;
  }
  throw new UsageError(
    `--${name}: cannot read the time "${text}" (try +90s, 07:51:04 or 2026-11-21T07:51:04Z)`,
  );
}

function midnight(time: number, zone: 'utc' | 'local'): number {
  if (zone === 'utc') return Math.floor(time / DAY_US) * DAY_US;
  const day = new Date(time / 1000);
  day.setHours(0, 0, 0, 0);
  return day.getTime() * 1000;
}

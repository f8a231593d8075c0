export type Zone = 'utc' | 'local';

let knownSecond = Number.NaN;
let knownText = '';

/** Microseconds since the epoch as ISO 8601 UTC with six decimals; exact for every whole number below 2^53. */
export function isoMicros(micros: number): string {
  const whole = Math.floor(micros);
  // The remainder first: a quotient near 2^33 has too few binary places left to tell k from k − 1 µs.
  const fraction = ((whole % 1_000_000) + 1_000_000) % 1_000_000;
  const second = (whole - fraction) / 1_000_000;
  if (second !== knownSecond) {
    // Consecutive events mostly share their second: its text is made once.
    knownText = new Date(second * 1000).toISOString().slice(0, -5);
    knownSecond = second;
  }
  return `${knownText}.${String(fraction).padStart(6, '0')}Z`;
}

/** The way back: an ISO time of `isoMicros` as microseconds since the epoch; NaN when it is none. */
export function parseMicros(iso: string): number {
  const dot = iso.lastIndexOf('.');
  const seconds = Date.parse(`${iso.slice(0, dot)}Z`);
  return seconds * 1000 + Number(iso.slice(dot + 1, -1).padEnd(6, '0'));
}

export interface ClockOptions {
  zone: Zone;
  /** Decimals of the second: 3 or 6. */
  decimals: 3 | 6;
  /** With the day before it, for captures that span more than one. */
  withDate: boolean;
}

const two = (count: number) => String(count).padStart(2, '0');

/** Day of a time in a zone: `2026-11-21`. */
export function dayText(micros: number, zone: Zone): string {
  const date = new Date(Math.floor(micros / 1000));
  if (zone === 'utc') return date.toISOString().slice(0, 10);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

let clockSecond = Number.NaN;
let clockZone: Zone | null = null;
let clockKnown = '';

/** `2026-11-21 07:51:04`, made once for all events of a second. */
function secondText(second: number, zone: Zone): string {
  if (second !== clockSecond || zone !== clockZone) {
    const date = new Date(second * 1000);
    const clock =
      zone === 'utc'
        ? date.toISOString().slice(11, 19)
        : `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
    clockKnown = `${dayText(second * 1_000_000, zone)} ${clock}`;
    clockSecond = second;
    clockZone = zone;
  }
  return clockKnown;
}

/** Time of day: `07:51:04.549` (cut, not rounded: a rounded one could be later than the next event). */
export function clockText(micros: number, options: ClockOptions): string {
  const whole = Math.floor(micros);
  const fraction = ((whole % 1_000_000) + 1_000_000) % 1_000_000;
  const text = secondText((whole - fraction) / 1_000_000, options.zone);
  const decimals = String(fraction).padStart(6, '0').slice(0, options.decimals);
  return `${options.withDate ? text : text.slice(-8)}.${decimals}`;
}

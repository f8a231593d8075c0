/** Numbers as people read them. Unknown (null) is the caller's business: none of these prints null. */

const GROUPS = /\B(?=(\d{3})+(?!\d))/g;

/** `5735` → `5,735`. */
export function countText(count: number): string {
  return String(Math.trunc(count)).replace(GROUPS, ',');
}

/** `1 gap`, `2 gaps`; `many` when the plural is not just an s. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${countText(count)} ${count === 1 ? one : many}`;
}

const STEPS = ['kB', 'MB', 'GB', 'TB', 'PB'];

/** Bytes: exact below 10,000 (`5,735 B`), then three digits or so in powers of 1000 (`110 kB`, `1.2 MB`). */
export function bytesText(bytes: number): string {
  const sign = bytes < 0 ? '-' : '';
  let size = Math.abs(bytes);
  if (size < 10_000) return `${sign}${countText(size)} B`;
  for (const unit of STEPS) {
    size /= 1000;
    if (size < 999.5) return `${sign}${size.toFixed(size < 99.95 ? 1 : 0)} ${unit}`;
  }
  return `${sign}${countText(size)} PB`;
}

const two = (count: number) => String(count).padStart(2, '0');

/** Milliseconds: `0.4 ms`, `61.1 ms`, `806 ms`, `66.4 s`, `2 m 13 s`, `3 h 02 m`, `2 d 04 h`. */
export function durationText(milliseconds: number): string {
  const sign = milliseconds < 0 ? '-' : '';
  const ms = Math.abs(milliseconds);
  if (ms === 0) return '0 ms';
  if (ms < 0.095) return `${sign}${ms < 0.005 ? '<0.01' : ms.toFixed(2)} ms`;
  if (ms < 99.95) return `${sign}${ms.toFixed(1)} ms`;
  if (ms < 999.5) return `${sign}${ms.toFixed(0)} ms`;
  if (ms < 99_950) return `${sign}${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return `${sign}${seconds} s`;
  if (seconds < 3600) return `${sign}${Math.floor(seconds / 60)} m ${two(seconds % 60)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 48 * 60) return `${sign}${Math.floor(minutes / 60)} h ${two(minutes % 60)} m`;
  const hours = Math.round(minutes / 60);
  return `${sign}${countText(Math.floor(hours / 24))} d ${two(hours % 24)} h`;
}

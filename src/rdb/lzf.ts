import { RdbFormatError } from './errors.js';

/**
 * Inflates LZF (rdb-format.md 4.1): bytes[from, to) into out[0, size), and stops there. With `partial` the input may be the
 * beginning of a longer one or be more than `size` needs; else it has to yield exactly `size` bytes.
 *
 * @returns bytes written: `size`, or fewer when a partial input ends before
 * @throws RdbFormatError when a reference points before the output, or the input ends inside an instruction or gives another size
 */
export function inflate(
  bytes: Uint8Array,
  from: number,
  to: number,
  out: Uint8Array,
  size: number,
  partial: boolean,
): number {
  let at = from;
  let written = 0;
  while (at < to && written < size) {
    const control = bytes[at++]!;
    if (control < 32) {
      let run = control + 1;
      if (at + run > to && !partial) throw new RdbFormatError('LZF: literals beyond the end of the input');
      if (run > size - written) {
        if (!partial) throw new RdbFormatError('LZF: more output than announced');
        run = size - written;
      }
      if (at + run > to) run = to - at;
      for (let i = 0; i < run; i++) out[written++] = bytes[at++]!;
      continue;
    }
    let run = control >> 5;
    if (at + (run === 7 ? 2 : 1) > to) {
      if (partial) return written;
      throw new RdbFormatError('LZF: a reference beyond the end of the input');
    }
    if (run === 7) run += bytes[at++]!;
    run += 2;
    const distance = ((control & 31) << 8) + bytes[at++]! + 1;
    if (distance > written) throw new RdbFormatError('LZF: a reference before the start of the output');
    if (run > size - written) {
      if (!partial) throw new RdbFormatError('LZF: more output than announced');
      run = size - written;
    }
    // Byte by byte: the ranges may overlap, that is how a run is written.
    for (let source = written - distance, i = 0; i < run; i++) out[written++] = out[source++]!;
  }
  if (!partial && (written < size || at < to)) {
    throw new RdbFormatError(
      written < size ? 'LZF: less output than announced' : 'LZF: more input than needed',
    );
  }
  return written;
}

import { Chalk, type ChalkInstance, type ColorSupportLevel, supportsColor } from 'chalk';

/** Colours by flag, then NO_COLOR (https://no-color.org) and FORCE_COLOR, then whether standard output is a terminal. */
export function chooseColours(flag: 'auto' | 'always' | 'never'): ChalkInstance {
  return new Chalk({ level: colourLevel(flag) });
}

function colourLevel(flag: 'auto' | 'always' | 'never'): ColorSupportLevel {
  if (flag === 'never') return 0;
  const terminal = supportsColor === false ? 0 : supportsColor.level;
  if (flag === 'always') return terminal === 0 ? 1 : terminal;
  if ((process.env.NO_COLOR ?? '') !== '') return 0;
  const forced = process.env.FORCE_COLOR;
  if (forced !== undefined) return forced === '0' || forced === 'false' ? 0 : terminal === 0 ? 1 : terminal;
  return process.stdout.isTTY === true ? terminal : 0;
}

/** ASCII stand-ins where the locale says that the terminal cannot show more. */
export function wantsAscii(): boolean {
  const locale = process.env.LC_ALL || process.env.LC_CTYPE || process.env.LANG || '';
  if (process.env.TERM === 'linux') return true;
  return locale !== '' && /^(C|POSIX)$/i.test(locale) && process.stdout.isTTY === true;
}

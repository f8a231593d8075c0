import { displayWidth } from './width.js';

/**
 * Plain terminals: each symbol has an ASCII stand-in of the same width, so the fallback is a translation of the finished
 * text and no layout has to know of it.
 */
const FROM = '→←·…×–µ▁▂▃▄▅▆▇█├└│─┌┐┘┬┴┼┤';
const TO = '><|~x-u_.:-=+*#|`|-+++++++';
const STAND_IN = new Map([...FROM].map((symbol, index) => [symbol, TO[index]!]));
const NOT_ASCII = /[\u0080-\u{10ffff}]/gu;

/** The text in ASCII; a character without a stand-in becomes as many `?` as it had columns. */
export function toAscii(text: string): string {
  return text.replace(NOT_ASCII, (char) => STAND_IN.get(char) ?? '?'.repeat(displayWidth(char)));
}

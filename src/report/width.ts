/**
 * How many terminal columns a text takes. East Asian wide characters and emoji take two, combining marks none; ranges
 * follow Unicode's EastAsianWidth (W and F), coarsened to blocks.
 */
const PLAIN = /^[\x20-\x7e]*$/;
const ZERO = /[\p{Mn}\p{Me}\p{Cf}]/u;
const EMOJI = /\p{Emoji_Presentation}/u;
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0x4dbf],
  [0x4e00, 0xa4cf],
  [0xa960, 0xa97c],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x16fe0, 0x18cff],
  [0x1b000, 0x1b2ff],
  [0x1f200, 0x1f2ff],
  [0x20000, 0x3fffd],
];

function charWidth(char: string): number {
  const code = char.codePointAt(0)!;
  if (code < 0x300) return 1;
  // Arrows, lines and blocks of our own: no need to ask for each of them.
  if ((code >= 0x2190 && code <= 0x21ff) || (code >= 0x2500 && code <= 0x259f)) return 1;
  if (ZERO.test(char)) return 0;
  if (WIDE.some(([low, high]) => code >= low && code <= high)) return 2;
  return EMOJI.test(char) ? 2 : 1;
}

/** Columns of a text without control characters or escape sequences. */
export function displayWidth(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let width = 0;
  for (const char of text) width += charWidth(char);
  return width;
}

/** The text, or as much of its beginning as fits into `columns` with `…` after it. */
export function cutToWidth(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text;
  if (columns < 1) return '';
  let kept = '';
  let width = 0;
  for (const char of text) {
    width += charWidth(char);
    if (width > columns - 1) break;
    kept += char;
  }
  return `${kept}…`;
}

/** The text with blanks after it up to `columns`; longer texts stay as they are. */
export function padRight(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - displayWidth(text)));
}

/** The text with blanks before it up to `columns`; longer texts stay as they are. */
export function padLeft(text: string, columns: number): string {
  return ' '.repeat(Math.max(0, columns - displayWidth(text))) + text;
}

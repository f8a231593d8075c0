import { cutToWidth, displayWidth } from './width.js';

export type Paint = (text: string) => string;

/** A piece of a line: colour is put on after cutting and padding, so widths never count escape sequences. */
export interface Part {
  text: string;
  paint?: Paint | undefined;
  /** What stands between the piece before and this one when both are on one line; ` · ` unless told. */
  before?: string;
}

const SEPARATOR = ' · ';

/** One line of pieces, cut at `width`, without blanks at its end. */
export function renderLine(parts: readonly Part[], width: number): string {
  let left = width;
  let line = '';
  let blanks = '';
  for (const part of parts) {
    const text = cutToWidth(part.text, left);
    left -= displayWidth(text);
    const shown = text.trimEnd();
    if (shown === '') blanks += text;
    else {
      // Blanks at the end of a piece wait for the next one, outside of the colour.
      line += blanks + (part.paint ? part.paint(shown) : shown);
      blanks = text.slice(shown.length);
    }
    if (text !== part.text) break;
  }
  return line;
}

/** Breaks a text at blanks into lines of at most `width` columns; a longer word is cut. */
export function wrapWords(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (displayWidth(longer) <= width) {
      line = longer;
      continue;
    }
    if (line !== '') lines.push(line);
    line = cutToWidth(word, width);
  }
  lines.push(line);
  return lines;
}

/** Puts pieces on as few lines as it takes; a piece moves to the next line as a whole, and is broken only when longer than one. */
export function flow(parts: readonly Part[], width: number): Part[][] {
  const lines: Part[][] = [];
  let line: Part[] = [];
  let used = 0;
  for (const part of parts) {
    const before = part.before ?? SEPARATOR;
    const size = displayWidth(part.text);
    if (line.length > 0 && used + displayWidth(before) + size <= width) {
      line.push({ text: before }, part);
      used += displayWidth(before) + size;
      continue;
    }
    const broken = wrapWords(part.text, width);
    for (const text of broken) {
      if (line.length > 0) lines.push(line);
      line = [{ text, paint: part.paint }];
      used = displayWidth(text);
    }
  }
  if (line.length > 0) lines.push(line);
  return lines;
}

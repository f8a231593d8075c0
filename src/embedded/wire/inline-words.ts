const SPACE = 0x20;
const DOUBLE_QUOTE = 0x22;
const SINGLE_QUOTE = 0x27;
const BACKSLASH = 0x5c;

/** What a letter behind a backslash stands for between double quotes; any other stands for itself. */
const ESCAPES = new Map([
  [0x6e, 0x0a], // n
  [0x72, 0x0d], // r
  [0x74, 0x09], // t
  [0x62, 0x08], // b
  [0x61, 0x07], // a
]);

/**
 * Splits an inline request into its words as the servers do (sdssplitargs): blanks separate; "…" knows \n \r \t \b \a \xHH and \
 * before anything else, '…' knows \' only; behind a closing quote a blank or the end must come.
 * @returns null for quotes that are not closed, or are closed inside a word.
 */
export function splitInline(line: Uint8Array): Uint8Array[] | null {
  const words: Uint8Array[] = [];
  let at = 0;
  for (;;) {
    while (at < line.length && isBlank(line[at]!)) at++;
    if (at === line.length) return words;
    const word: number[] = [];
    const end = readWord(line, at, word);
    if (end < 0) return null;
    words.push(Uint8Array.from(word));
    at = end;
  }
}

/** Reads the word at `at` into `word`. @returns the index behind it, or -1 for unbalanced quotes. */
function readWord(line: Uint8Array, at: number, word: number[]): number {
  let i = at;
  while (i < line.length && !isBlank(line[i]!)) {
    const byte = line[i]!;
    if (byte === DOUBLE_QUOTE || byte === SINGLE_QUOTE) {
      const end = byte === DOUBLE_QUOTE ? doubleQuoted(line, i + 1, word) : singleQuoted(line, i + 1, word);
      return end < 0 || (end < line.length && !isBlank(line[end]!)) ? -1 : end;
    }
    word.push(byte);
    i++;
  }
  return i;
}

/** @returns the index behind the closing quote, or -1. */
function doubleQuoted(line: Uint8Array, at: number, word: number[]): number {
  for (let i = at; i < line.length; i++) {
    const byte = line[i]!;
    if (byte === DOUBLE_QUOTE) return i + 1;
    if (byte !== BACKSLASH || i + 1 === line.length) {
      word.push(byte);
      continue;
    }
    const next = line[++i]!;
    const hex = /^x([0-9a-fA-F]{2})$/.exec(String.fromCharCode(...line.subarray(i, i + 3)));
    if (hex !== null) {
      word.push(Number.parseInt(hex[1]!, 16));
      i += 2;
    } else word.push(ESCAPES.get(next) ?? next);
  }
  return -1;
}

/** @returns the index behind the closing quote, or -1. */
function singleQuoted(line: Uint8Array, at: number, word: number[]): number {
  for (let i = at; i < line.length; i++) {
    const byte = line[i]!;
    if (byte === SINGLE_QUOTE) return i + 1;
    if (byte === BACKSLASH && line[i + 1] === SINGLE_QUOTE) word.push(line[++i]!);
    else word.push(byte);
  }
  return -1;
}

/** As C's isspace: blank, \t \n \v \f \r. */
function isBlank(byte: number): boolean {
  return byte === SPACE || (byte >= 0x09 && byte <= 0x0d);
}

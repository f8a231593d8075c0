/** Characters that JSON allows as they are and a terminal does not: DEL, C1, format characters, line separators. */
const UNSAFE = /[\u007f-\u009f\u2028\u2029]|\p{Cf}/gu;

function unicodeEscape(char: string): string {
  let escaped = '';
  for (let unit = 0; unit < char.length; unit++) {
    escaped += `\\u${char.charCodeAt(unit).toString(16).padStart(4, '0')}`;
  }
  return escaped;
}

/** JSON that can be shown on a terminal: the same value when parsed, with every unsafe character as `\uNNNN`. */
export function safeJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(UNSAFE, unicodeEscape);
}

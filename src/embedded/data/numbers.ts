/** Numbers in the text of commands and replies, as Redis 7.0 reads and writes them. */

const INT64_MAX = (1n << 63n) - 1n;
const INT64_MIN = -(1n << 63n);

export function isInt64(value: bigint): boolean {
  return value >= INT64_MIN && value <= INT64_MAX;
}

/** A signed integer of 64 bits, written the one way it can be (no sign +, no leading zeros or blanks); null when it is none. */
export function parseInt64(text: string): bigint | null {
  if (!/^(?:0|-?[1-9]\d{0,18})$/.test(text)) return null;
  const value = BigInt(text);
  return isInt64(value) ? value : null;
}

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const INFINITY = /^([+-]?)inf(?:inity)?$/i;

/** A score: decimal or infinite. Null when it is none, or beyond what a double can hold. Hexadecimal forms are not taken. */
export function parseDouble(text: string): number | null {
  const infinite = INFINITY.exec(text);
  if (infinite !== null) return infinite[1] === '-' ? -Infinity : Infinity;
  if (!DECIMAL.test(text)) return null;
  const value = Number(text);
  const vanished = value === 0 && /[1-9]/.test(text.split(/e/i)[0]!);
  return Number.isFinite(value) && !vanished ? value : null;
}

const DIGITS = 17;

/** The double as C's printf writes it by `%.17g`; infinities are inf and -inf. That is how Redis 7.0 replies and digests scores. */
export function formatDouble(value: number): string {
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf';
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const { digits, exponent } = roundToDigits(Math.abs(value));
  const significant = digits.replace(/0+$/, '') || '0';
  if (exponent < -4 || exponent >= DIGITS) {
    const mantissa = significant.length > 1 ? `${significant[0]}.${significant.slice(1)}` : significant;
    const power = String(Math.abs(exponent)).padStart(2, '0');
    return `${sign}${mantissa}e${exponent < 0 ? '-' : '+'}${power}`;
  }
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${significant}`;
  const whole = significant.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  const fraction = significant.slice(exponent + 1);
  return `${sign}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}

/**
 * The 17 significant decimal digits of a double, and the decimal exponent of the first one. JavaScript rounds a tie up, C to the
 * even digit; so the tie is looked for in the exact digits, of which 100 are enough: no double is nearer to a tie without being one.
 */
function roundToDigits(value: number): { digits: string; exponent: number } {
  const [exact, power] = value.toExponential(100).replace('.', '').split('e') as [string, string];
  const tie = /^50*$/.test(exact.slice(DIGITS));
  if (tie && Number(exact[DIGITS - 1]) % 2 === 0) {
    return { digits: exact.slice(0, DIGITS), exponent: Number(power) };
  }
  const [rounded, exponent] = value.toExponential(DIGITS - 1).split('e') as [string, string];
  return { digits: rounded.replace('.', ''), exponent: Number(exponent) };
}

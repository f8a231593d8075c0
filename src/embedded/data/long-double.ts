/**
 * INCRBYFLOAT counts in C's long double, which on x86-64 has a mantissa of 64 bits. Here such a number is mantissa × 2^exponent with
 * whole numbers of any size, rounded to 64 bits (to even on a tie) where the processor would. The range of exponents is not bounded.
 */
export interface LongDouble {
  readonly mantissa: bigint;
  readonly exponent: number;
}

const MANTISSA_BITS = 64;
/** Digits behind the point that servers write (`%.17Lf`). */
const FRACTION_DIGITS = 17n;
/** Beyond this a power of ten is not worked out: the number counts as none. Redis takes up to 4932. */
const MAX_POWER = 4932;
const FORM = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,5}))?$/;
/** Characters of such a number that a server reads. */
const MAX_TEXT = 255;

/** Reads a decimal number; null when it is none. Infinities and hexadecimal forms are not taken. */
export function parseLongDouble(text: string): LongDouble | null {
  const match = text.length > MAX_TEXT ? null : FORM.exec(text);
  if (match === null) return null;
  const [, sign, whole = '', fraction = '', power = '0'] = match;
  if (whole === '' && fraction === '') return null;
  if (Math.abs(Number(power)) > MAX_POWER) return null;
  const digits = BigInt(whole + fraction) * (sign === '-' ? -1n : 1n);
  const tens = Number(power) - fraction.length;
  return tens >= 0 ? quotient(digits * 10n ** BigInt(tens), 1n) : quotient(digits, 10n ** BigInt(-tens));
}

export function addLongDoubles(a: LongDouble, b: LongDouble): LongDouble {
  const exponent = Math.min(a.exponent, b.exponent);
  const scaled = (x: LongDouble) => x.mantissa << BigInt(x.exponent - exponent);
  return rounded(scaled(a) + scaled(b), exponent);
}

/** As a server writes it: 17 digits behind the point, without the zeros at the end. */
export function formatLongDouble({ mantissa, exponent }: LongDouble): string {
  const scaled = (mantissa < 0n ? -mantissa : mantissa) * 10n ** FRACTION_DIGITS;
  const units = exponent >= 0 ? scaled << BigInt(exponent) : shiftRounded(scaled, BigInt(-exponent));
  const digits = units.toString().padStart(Number(FRACTION_DIGITS) + 1, '0');
  const point = digits.length - Number(FRACTION_DIGITS);
  const text = `${digits.slice(0, point)}.${digits.slice(point)}`.replace(/\.?0+$/, '');
  return mantissa < 0n && text !== '0' ? `-${text}` : text;
}

/** numerator / denominator (positive), rounded to 64 bits. */
function quotient(numerator: bigint, denominator: bigint): LongDouble {
  // Enough bits below the mantissa, and a last one that says whether anything is left: rounding then is as if of the exact value.
  const shift = Math.max(0, MANTISSA_BITS + 2 + bitLength(denominator) - bitLength(numerator));
  const scaled = (numerator < 0n ? -numerator : numerator) << BigInt(shift);
  const sticky = scaled % denominator === 0n ? 0n : 1n;
  const whole = ((scaled / denominator) << 1n) | sticky;
  return rounded(numerator < 0n ? -whole : whole, -shift - 1);
}

function rounded(mantissa: bigint, exponent: number): LongDouble {
  const extra = bitLength(mantissa) - MANTISSA_BITS;
  if (extra <= 0) return { mantissa, exponent };
  const size = shiftRounded(mantissa < 0n ? -mantissa : mantissa, BigInt(extra));
  return { mantissa: mantissa < 0n ? -size : size, exponent: exponent + extra };
}

/** value / 2^bits, to the nearest whole number, to the even one on a tie. */
function shiftRounded(value: bigint, bits: bigint): bigint {
  const whole = value >> bits;
  const twice = (value - (whole << bits)) << 1n;
  const half = 1n << bits;
  return twice > half || (twice === half && (whole & 1n) === 1n) ? whole + 1n : whole;
}

function bitLength(value: bigint): number {
  return (value < 0n ? -value : value).toString(2).length;
}

const TWO_32 = 2 ** 32;

/** Largest power of ten by which `divide` is exact: 10^6 × 2^32 stays below 2^53. */
const LAST_EXACT_DECIMAL = 12;

/**
 * Turns an interface's 64-bit timestamps into µs since the epoch (draft-ietf-opsawg-pcapng, 4.2: if_tsresol, if_tsoffset).
 * A half of a timestamp is an unsigned 32-bit number. Rounds down. Exact up to 2^53 µs, the year 2255; what lies beyond is
 * a damaged time and is given as near as a number can.
 */
export interface InterfaceClock {
  toMicroseconds(high: number, low: number): number;
}

/**
 * @param resolution value of if_tsresol: units a second are 10^n, or 2^n when the top bit is set.
 * @param offset value of if_tsoffset: seconds to add to each timestamp.
 */
export function createClock(resolution: number, offset: number): InterfaceClock {
  const exponent = resolution & 0x7f;
  const base = offset * 1_000_000;
  if (resolution & 0x80)
    return exponent <= 32 ? new BinaryClock(exponent, base) : new WideClock(2, exponent, base);
  if (exponent <= 6) return new CoarseClock(10 ** (6 - exponent), base);
  if (exponent <= LAST_EXACT_DECIMAL) return new FineClock(10 ** (exponent - 6), base);
  return new WideClock(10, exponent, base);
}

/** A unit is a whole number of microseconds. */
class CoarseClock implements InterfaceClock {
  readonly #unit: number;
  readonly #base: number;

  constructor(unit: number, base: number) {
    this.#unit = unit;
    this.#base = base;
  }

  toMicroseconds(high: number, low: number): number {
    return (high * TWO_32 + low) * this.#unit + this.#base;
  }
}

/** A microsecond is a whole number of units. The 64-bit number itself would be rounded, hence the long division. */
class FineClock implements InterfaceClock {
  readonly #divisor: number;
  readonly #base: number;

  constructor(divisor: number, base: number) {
    this.#divisor = divisor;
    this.#base = base;
  }

  toMicroseconds(high: number, low: number): number {
    const divisor = this.#divisor;
    const remainder = high % divisor;
    const quotient = (high - remainder) / divisor;
    return quotient * TWO_32 + Math.floor((remainder * TWO_32 + low) / divisor) + this.#base;
  }
}

/** 2^n units a second, n at most 32: whole seconds and fraction are taken apart first. */
class BinaryClock implements InterfaceClock {
  readonly #units: number;
  readonly #base: number;

  constructor(exponent: number, base: number) {
    this.#units = 2 ** exponent;
    this.#base = base;
  }

  toMicroseconds(high: number, low: number): number {
    const units = this.#units;
    const fraction = low % units;
    const seconds = high * (TWO_32 / units) + (low - fraction) / units;
    return seconds * 1_000_000 + Math.floor((fraction * 1_000_000) / units) + this.#base;
  }
}

/** Resolutions that no known writer uses; slow and exact. */
class WideClock implements InterfaceClock {
  readonly #units: bigint;
  readonly #base: number;

  constructor(radix: number, exponent: number, base: number) {
    this.#units = BigInt(radix) ** BigInt(exponent);
    this.#base = base;
  }

  toMicroseconds(high: number, low: number): number {
    const stamp = (BigInt(high) << 32n) | BigInt(low);
    return Number((stamp * 1_000_000n) / this.#units) + this.#base;
  }
}

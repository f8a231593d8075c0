import { MILLISECOND, SECOND } from '../embedded/net/clock.js';
import type { ActorSettings } from '../embedded/scenarios/stage.js';
import type { ServerStyle } from '../embedded/server/style.js';

/** Servers for random stories, and the dice that draw them. */

export const STYLES: readonly ServerStyle[] = [
  'redis-2.8',
  'redis-3.2',
  'redis-4.0',
  'redis-5.0',
  'redis-6.2',
  'redis-7.0',
  'redis-7.2',
  'redis-8.0',
  'valkey-8.0',
  'valkey-8.1',
];

export const PASSWORD = 'open sesame';

export class Dice {
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
  }

  below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  chance(probability: number): boolean {
    return this.#random() < probability;
  }

  one<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!;
  }
}

/** @param address one that nobody has, to be announced. */
export function randomSettings(dice: Dice, style: ServerStyle, address: string): ActorSettings {
  const { one, below, chance } = bound(dice);
  return {
    style,
    disklessSync: chance(0.5),
    disklessDelay: one([0, 0, SECOND, 2 * SECOND]),
    backlogSize: one([1024, 16_384, 65_536, 1 << 20]),
    timeout: one([3, 5, 60]) * SECOND,
    pingPeriod: one([1, 2, 10]) * SECOND,
    payloadRate: one([20_000, 200_000, 2_000_000, Number.POSITIVE_INFINITY]),
    loadTime: one([0, 20 * MILLISECOND, 300 * MILLISECOND, 2500 * MILLISECOND]),
    snapshotTime: one([0, 60 * MILLISECOND, 1200 * MILLISECOND]),
    startLoadTime: chance(0.1) ? 1500 * MILLISECOND : 0,
    twoConnections: chance(0.6),
    checksum: chance(0.9),
    compression: chance(0.7),
    backlogTtl: one([0, 2 * SECOND, 3600 * SECOND]),
    ...(chance(0.2) && { outputLimit: { hard: one([4096, 65_536]), soft: 0, softTime: 0 } }),
    ...(chance(0.1) && { announcePort: 7000 + below(100) }),
    ...(chance(0.1) && { announceAddress: address }),
    ...(chance(0.1) && { masterAuth: PASSWORD }),
    ...(chance(0.1) && { ackPeriod: 100 * MILLISECOND }),
  };
}

export function bound(dice: Dice): Pick<Dice, 'one' | 'below' | 'chance'> {
  return {
    one: (choices) => dice.one(choices),
    below: (limit) => dice.below(limit),
    chance: (probability) => dice.chance(probability),
  };
}

import { CommandError } from './call.js';
import { MAX_EXPIRY } from './limits.js';

export type TimeUnit = 'seconds' | 'milliseconds';

/**
 * The time a command gives as ms since the epoch.
 *
 * @param amount in units, since base or since the epoch
 * @param base ms since the epoch that a relative time counts from; null: the time is absolute
 * @param command its name, for the error
 * @param least the least amount that is taken
 * @throws CommandError when the time is too small, or too far ahead to be held
 */
export function expiryTime(
  amount: bigint,
  unit: TimeUnit,
  base: number | null,
  command: string,
  least = 1n,
): number {
  const time = amount * (unit === 'seconds' ? 1000n : 1n) + BigInt(base ?? 0);
  const limit = BigInt(MAX_EXPIRY);
  if (amount < least || time > limit || time < -limit) {
    throw new CommandError(`ERR invalid expire time in '${command}' command`);
  }
  return Number(time);
}

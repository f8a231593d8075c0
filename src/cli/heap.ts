import { setFlagsFromString } from 'node:v8';

/**
 * Lets the heap grow by a fifth of what is in use before it is looked through, where V8 waits for several times as much: a capture of a
 * million connections then takes 235 MB instead of 450, and no more time (docs/reliability.md).
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--heap-growing-percent=20');
}

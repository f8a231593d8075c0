import { setFlagsFromString } from 'node:v8';

/** What V8 is told. */
const FLAGS = [
  // The heap grows by a fifth of what is in use before it is looked through, where V8 waits for several times as much: a capture of a million
  // connections then takes half the memory, and no more time (docs/reliability.md).
  '--heap-growing-percent=20',
  // Young objects have 2 MB. V8 gives them up to 32 MB when many of them live on, as connections do, and no time is saved by that here.
  '--semi-space-growth-factor=1',
];

/** Keeps the memory of this process small. The flags are read by V8 as it runs; of the second one it ignores what the command line says. */
export function keepHeapSmall(): void {
  for (const flag of FLAGS) setFlagsFromString(flag);
}

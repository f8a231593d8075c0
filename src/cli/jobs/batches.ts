import { statSync } from 'node:fs';

/** Captures that one process is given at most. */
export const MAX_BATCH_CAPTURES = 64;

/** Bytes of captures for which a process is worth its start, which takes as long as reading some 100 MB that are not compressed. */
const LEAST_BATCH_BYTES = 32 * 1024 * 1024;

/** Batches for each of the processes that run at once: with several of them all are done at about the same time. */
const BATCHES_EACH = 4;

/**
 * Divides captures among processes, in their order; small ones share one.
 * @param jobs processes that run at once.
 */
export function batchesOf(paths: readonly string[], jobs: number): string[][] {
  const sizes = paths.map((path) => statSync(path, { throwIfNoEntry: false })?.size ?? 0);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const share = Math.max(LEAST_BATCH_BYTES, total / (jobs * BATCHES_EACH));
  const batches: string[][] = [];
  let batch: string[] = [];
  let bytes = 0;
  for (const [index, path] of paths.entries()) {
    batch.push(path);
    bytes += sizes[index]!;
    if (bytes < share && batch.length < MAX_BATCH_CAPTURES) continue;
    batches.push(batch);
    batch = [];
    bytes = 0;
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}

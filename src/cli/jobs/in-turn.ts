import { CaptureError } from '../../capture/types.js';
import { escapeText } from '../../report/escape.js';
import { InputProblem } from '../errors.js';
import { isOutputClosed } from '../output.js';

/** Reads one capture to its end, as a run of its own. @throws CaptureError, InputProblem */
export type ReadCapture = (path: string) => Promise<void>;

/**
 * Reads captures one after the other in this process, until Ctrl-C or until nobody reads our output. What is wrong with one is told on
 * standard error, and the next one follows.
 * @returns whether all those begun could be read, and how many were not begun.
 */
export async function readInTurn(
  paths: readonly string[],
  read: ReadCapture,
): Promise<{ allRead: boolean; left: number }> {
  let isInterrupted = false;
  const interrupt = (): void => {
    isInterrupted = true;
  };
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  let allRead = true;
  let begun = 0;
  for (const path of paths) {
    if (isInterrupted || isOutputClosed()) break;
    begun++;
    try {
      await read(path);
    } catch (error) {
      if (!(error instanceof CaptureError || error instanceof InputProblem)) throw error;
      process.stderr.write(`psyncscope: ${escapeText(error.message)}\n`);
      allRead = false;
    }
  }
  process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  return { allRead, left: isOutputClosed() ? 0 : paths.length - begun };
}

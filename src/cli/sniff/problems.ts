import type { LiveProblem } from '../../capture/live/types.js';
import { escapeText } from '../../report/escape.js';
import { plural } from '../../report/units.js';
import { InputProblem } from '../errors.js';
import { withRemedies } from '../remedies.js';

/** Characters of an error of ours that are shown. */
const MAX_DEFECT = 2000;

/** Runs `act`; what it cannot write is one more of the problems, which are told when all is done. */
export function collect(problems: string[], act: () => void): void {
  try {
    act();
  } catch (error) {
    if (!(error instanceof InputProblem)) throw error;
    problems.push(error.message);
  }
}

export function sentence({ message, remedies }: LiveProblem): string {
  return withRemedies(message, remedies);
}

export function noPacket(interfaceName: string, filter: string): string {
  return `no packet on ${interfaceName} matched ${filter}; psyncscope interfaces lists the others, -i any looks at all`;
}

/** @param error of ours, with what led to it. */
export function defect(error: string): string {
  return `a defect of this program ended a connection; please report it:\n${escapeText(error, MAX_DEFECT)}`;
}

/** @param packets of another link type than the first. */
export function notRecorded(packets: number, path: string): string {
  return `${plural(packets, 'packet')} of another link type left out of ${path}, which can hold one only`;
}

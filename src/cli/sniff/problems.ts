import type { ConnectionNews, Interruptions } from '../../capture/live/reconnecting.js';
import type { LiveProblem } from '../../capture/live/types.js';
import { escapeText } from '../../report/escape.js';
import { durationText, plural } from '../../report/units.js';
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

/** @param name of the source. */
export function connectionNews(name: string, told: ConnectionNews): string {
  if (told.news === 'again')
    return `${name}: connected again after ${durationText(told.afterMs)}; what passed in between was not seen`;
  const why = told.problem?.message ?? `${name}: the other end closed the connection`;
  return `${why}; connecting again`;
}

/** How often the connection was lost, at the end. */
export function interrupted({ lost, ms, isOut }: Interruptions): string {
  const now = isOut ? ' and is not back' : '';
  return `the connection was lost ${plural(lost, 'time')}${now}: ${durationText(ms)} without one in all`;
}

/** @param error of ours, with what led to it. */
export function defect(error: string): string {
  return `a defect of this program ended a connection; please report it:\n${escapeText(error, MAX_DEFECT)}`;
}

/** @param packets of another link type than the first. */
export function notRecorded(packets: number, path: string): string {
  return `${plural(packets, 'packet')} of another link type left out of ${path}, which can hold one only`;
}

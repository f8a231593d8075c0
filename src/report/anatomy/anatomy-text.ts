import { bytesText, durationText } from '../units.js';
import type { AnatomyDocument } from './anatomy-document.js';

/** Syncs without a verdict that are shorter than this get no line, ms. */
const SHOWN_MS = 2000;

/** A round trip longer than this is worth naming, ms. */
const NAMED_TRIP_MS = 0.05;

function reasonText({ reason, reasonMs, maxFlightBytes }: AnatomyDocument): string {
  const time = durationText(reasonMs ?? 0);
  switch (reason) {
    case 'snapshot':
      return `${time} until its snapshot came`;
    case 'slow-source':
      return `${time} in which it had nothing to send`;
    case 'round-trips':
      return `${time} in which it waited for ACKs`;
    case 'losses':
      return `${time} in which it waited for what was lost`;
    case 'window':
      return `${time} with ${bytesText(maxFlightBytes ?? 0)} on the way at most`;
    case 'zero-window':
      return `${time} with its window closed`;
    case 'load':
      return `at least ${time} to load it`;
    case 'first-ack':
      return `${time} until its first ACK, due once a second`;
    case 'catch-up':
      return `${time} to send and apply what was written meanwhile`;
    case 'sending':
      return `${time} of sending without a pause`;
    default:
      return 'too short to tell';
  }
}

/** `the master: 5.1 s until its snapshot came, of 6.0 s in all`, then the numbers that bear on it; empty where nothing is worth telling. */
export function anatomyTexts(anatomy: AnatomyDocument): string[] {
  const { totalMs, boundBy, transferMs, bytesPerSecond, roundTripMs, writtenBytes, catchUpMs } = anatomy;
  if (totalMs === null || (boundBy === 'unclear' && totalMs < SHOWN_MS)) return [];
  const who = boundBy === 'unclear' ? 'unclear' : boundBy === 'network' ? 'the network' : `the ${boundBy}`;
  const longest = boundBy === 'unclear' ? 'longest were ' : '';
  const texts = [`${who}: ${longest}${reasonText(anatomy)}, of ${durationText(totalMs)} in all`];
  if (bytesPerSecond !== null && transferMs !== null && transferMs >= 10)
    texts.push(`${bytesText(bytesPerSecond)}/s`);
  if (roundTripMs !== null && roundTripMs >= NAMED_TRIP_MS)
    texts.push(`round trip ${durationText(roundTripMs)}`);
  if ((anatomy.retransmittedBytes ?? 0) > 0)
    texts.push(`${bytesText(anatomy.retransmittedBytes!)} of it sent again`);
  if (writtenBytes !== null && writtenBytes > 0) texts.push(`${bytesText(writtenBytes)} written meanwhile`);
  if (catchUpMs !== null && catchUpMs > 0) texts.push(`caught up after ${durationText(catchUpMs)}`);
  return texts;
}

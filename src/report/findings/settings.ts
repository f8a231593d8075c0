import { bytesText } from '../units.js';
import type { Evidence } from './evidence.js';

/** Settings of the servers as commands to type, and the arithmetic of a size. */

const MIB = 1024 * 1024;

/** A size as a configuration takes it: `64mb`; 1mb is 1,048,576 bytes there. */
export function configSize(bytes: number): string {
  if (bytes % (1024 * MIB) === 0) return `${bytes / (1024 * MIB)}gb`;
  return bytes % MIB === 0 ? `${bytes / MIB}mb` : String(bytes);
}

/** What this server calls its replicas in its settings: `slave` before 5.0. Later ones take both. */
export function roleWord(evidence: Evidence): string {
  return evidence.text('settingsWord') === 'slave' ? 'slave' : 'replica';
}

/** `4.0 MB × 2 = 8.0 MB` */
export function timesMargin(evidence: Evidence, name: string): string {
  const bytes = evidence.count(name);
  const margin = evidence.count('margin');
  return `${bytesText(bytes)} × ${margin} = ${bytesText(bytes * margin)}`;
}

/**
 * The command that sets an output buffer limit, and where its sizes come from. They are plain bytes: CONFIG SET takes no units here
 * before 7.0.
 */
export function outputLimitAdvice(evidence: Evidence, arithmetic: string): string {
  const hard = evidence.count('advisedHardBytes');
  const soft = evidence.count('advisedSoftBytes');
  return `CONFIG SET client-output-buffer-limit "${roleWord(evidence)} ${hard} ${soft} 60" on the master (${configSize(hard)}, ${configSize(soft)}): ${arithmetic}, rounded up, no less than the default`;
}

import type { AofFacts } from './aof.js';
import { bytesText, countText, plural } from './units.js';

/** What is said beside a written command stream, one line each: how much it is, and what it lacks. */
export function aofLines(facts: AofFacts): string[] {
  const lines = [`${plural(facts.commands, 'command')}, ${bytesText(facts.bytes)} written`];
  const {
    gaps,
    missingBytes,
    broken,
    oversized,
    skippedBytes,
    repeated,
    unknownDatabase,
    fullSyncs,
    secret,
  } = facts;
  if (gaps > 0) {
    const cut =
      broken === 0
        ? 'commands in them are lost'
        : `${plural(broken, 'command')} cut by them and all in them lost`;
    const skipped =
      skippedBytes === 0 ? '' : `, ${bytesText(skippedBytes)} behind them skipped to the next command`;
    lines.push(`${plural(gaps, 'gap')} in the capture (${bytesText(missingBytes)}): ${cut}${skipped}`);
  } else if (skippedBytes > 0 || broken > 0)
    lines.push(
      `the stream was joined in the middle: ${plural(broken, 'cut command')} and ${bytesText(skippedBytes)} before the first whole one left out`,
    );
  if (oversized > 0) lines.push(`${plural(oversized, 'command')} too large to be held left out`);
  if (secret > 0) lines.push(`${plural(secret, 'command')} with a password left out`);
  if (repeated > 0)
    lines.push(`${plural(repeated, 'command')} that came again after a reconnection left out`);
  if (unknownDatabase > 0)
    lines.push(`${plural(unknownDatabase, 'command')} of an unknown database written without SELECT`);
  if (fullSyncs > 0)
    lines.push(
      `${countText(fullSyncs)} full sync${fullSyncs === 1 ? '' : 's'} on the way: what changed before it is in the payload only (psyncscope rdb --save)`,
    );
  return lines;
}

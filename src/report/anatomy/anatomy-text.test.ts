import { describe, expect, it } from 'vitest';
import type { AnatomyDocument } from './anatomy-document.js';
import { anatomyTexts } from './anatomy-text.js';

function anatomy(changes: Partial<AnatomyDocument>): AnatomyDocument {
  return {
    totalMs: 10_000,
    waitMs: 100,
    transferMs: 9000,
    loadMs: 900,
    catchUpMs: 0,
    bytesPerSecond: 12_000_000,
    roundTripMs: 0.02,
    idleMs: 0,
    unacknowledgedMs: 0,
    zeroWindowMs: 0,
    retransmittedBytes: 0,
    maxFlightBytes: 64_000,
    writtenBytes: 0,
    boundBy: 'unclear',
    reason: 'sending',
    reasonMs: 9000,
    ...changes,
  };
}

describe('what bound a sync, in words', () => {
  it.each<[Partial<AnatomyDocument>, string]>([
    [
      { boundBy: 'master', reason: 'snapshot' },
      'the master: 9.0 s until its snapshot came, of 10.0 s in all',
    ],
    [
      { boundBy: 'master', reason: 'slow-source' },
      'the master: 9.0 s in which it had nothing to send, of 10.0 s in all',
    ],
    [
      { boundBy: 'network', reason: 'round-trips' },
      'the network: 9.0 s in which it waited for ACKs, of 10.0 s in all',
    ],
    [
      { boundBy: 'network', reason: 'losses' },
      'the network: 9.0 s in which it waited for what was lost, of 10.0 s in all',
    ],
    [
      { boundBy: 'network', reason: 'window' },
      'the network: 9.0 s with 64.0 kB on the way at most, of 10.0 s in all',
    ],
    [
      { boundBy: 'replica', reason: 'zero-window' },
      'the replica: 9.0 s with its window closed, of 10.0 s in all',
    ],
    [{ boundBy: 'replica', reason: 'load' }, 'the replica: at least 9.0 s to load it, of 10.0 s in all'],
    [{ reason: 'sending' }, 'unclear: longest were 9.0 s of sending without a pause, of 10.0 s in all'],
  ])('%j', (changes, expected) => {
    expect(anatomyTexts(anatomy(changes))).toEqual([expected, '12.0 MB/s']);
  });

  it('names what else bears on it, where it does', () => {
    const changes = {
      roundTripMs: 80.2,
      retransmittedBytes: 20_000,
      writtenBytes: 1_200_000,
      catchUpMs: 1500,
    };
    expect(anatomyTexts(anatomy(changes)).slice(2)).toEqual([
      'round trip 80.2 ms',
      '20.0 kB of it sent again',
      '1.2 MB written meanwhile',
      'caught up after 1.5 s',
    ]);
  });

  it('says nothing without a verdict on a sync that was over soon', () => {
    expect(anatomyTexts(anatomy({ totalMs: 1900 }))).toEqual([]);
    expect(anatomyTexts(anatomy({ totalMs: 1900, boundBy: 'master', reason: 'snapshot' }))).not.toEqual([]);
  });
});

import { describe, expect, it } from 'vitest';
import type { ConnectionInfo } from '../tcp/types.js';
import { TransferWatch } from './transfer-watch.js';

/** A connection as the watch sees it, set by hand. Times in µs. */
class Wire {
  acked = 0;
  sinceAck = 0;
  zeroWindow = 0;
  sentAgain = 0;
  roundTripUs: number | null = 1000;
  acknowledged = (): number => this.acked;
  sinceAcknowledged = (): number => this.sinceAck;
  zeroWindowMs = (): number => this.zeroWindow;
  loss = () => ({ retransmittedBytes: this.sentAgain });
}

function watch(wire = new Wire()): { wire: Wire; it: TransferWatch } {
  return { wire, it: new TransferWatch(wire as unknown as ConnectionInfo, 1, 0) };
}

const MS = 1000;

describe('a pause of the sender', () => {
  it('is none between the segments of a burst', () => {
    const { it: watched } = watch();
    for (let i = 1; i < 100; i++) watched.goesOn(i * 1448, i * 100);
    expect(watched.facts).toMatchObject({ idleMs: 0, unacknowledgedMs: 0, zeroWindowMs: 0 });
  });

  it('is idleness where all was acknowledged, but for the round trip that the ACK took to come back', () => {
    const { wire, it: watched } = watch();
    Object.assign(wire, { acked: 5000, sinceAck: 40 * MS });
    watched.goesOn(5000, 50 * MS);
    expect(watched.facts).toMatchObject({ idleMs: 39, longestIdleMs: 39, unacknowledgedMs: 11 });
  });

  it('is waiting where something was on its way', () => {
    const { wire, it: watched } = watch();
    Object.assign(wire, { acked: 4999, sinceAck: 40 * MS });
    watched.goesOn(5000, 50 * MS);
    expect(watched.facts).toMatchObject({ idleMs: 0, unacknowledgedMs: 50 });
  });

  it('of about a round trip is no idleness: so a capture at the receiver looks when the window is the limit', () => {
    const { wire, it: watched } = watch();
    for (let i = 1; i <= 10; i++) {
      Object.assign(wire, { acked: i * 65_536, sinceAck: 950 });
      watched.goesOn(i * 65_536, i * MS);
    }
    expect(watched.facts).toMatchObject({ idleMs: 0, unacknowledgedMs: 10 });
  });

  it('is the receiver’s while its window is closed', () => {
    const { wire, it: watched } = watch();
    Object.assign(wire, { acked: 5000, sinceAck: 3000 * MS, zeroWindow: 2900 });
    watched.goesOn(5000, 3000 * MS);
    expect(watched.facts).toMatchObject({ zeroWindowMs: 2900, idleMs: 99, unacknowledgedMs: 1 });
  });

  it('is no idleness where something was sent again after it', () => {
    const { wire, it: watched } = watch();
    Object.assign(wire, { acked: 5000, sinceAck: 200 * MS, sentAgain: 1448 });
    watched.goesOn(5000, 200 * MS);
    expect(watched.facts).toMatchObject({ idleMs: 0, unacknowledgedMs: 200, retransmittedBytes: 1448 });
  });

  it('is told with care where the round trip is not known', () => {
    const { wire, it: watched } = watch();
    Object.assign(wire, { roundTripUs: null, acked: 5000, sinceAck: 150 * MS });
    watched.goesOn(5000, 150 * MS);
    expect(watched.facts).toMatchObject({ idleMs: 0, unacknowledgedMs: 150 });
  });
});

it('what is on its way is counted at its most', () => {
  const { wire, it: watched } = watch();
  watched.sentUpTo(10_000);
  wire.acked = 8000;
  watched.sentUpTo(15_000);
  wire.acked = -1;
  watched.sentUpTo(90_000);
  expect(watched.facts.maxFlightBytes).toBe(10_000);
});

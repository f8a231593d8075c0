/** One event of a stream. Bytes count from its first one, µs. */
export interface LagEvent {
  readonly kind: 'sent' | 'ack';
  readonly at: number;
  /** All bytes sent so far, or acknowledged. */
  readonly bytes: number;
}

export interface AccountedLag {
  lastBytes: number;
  maxBytes: number;
  lastMs: number;
  maxMs: number;
  p50Ms: number | null;
  p99Ms: number | null;
  behindMaxBytes: number | null;
  behindMaxMs: number | null;
  drift: number | null;
}

/**
 * The lag of a session as docs/output-contract.md defines it, worked out from the whole list of its sends and ACKs at every moment
 * at which something happened. Slow, and plain.
 * @param until the end of the session or of the capture, µs.
 */
export function lagOf(events: readonly LagEvent[], until: number): AccountedLag {
  const sends = events.filter((event) => event.kind === 'sent');
  let sent = 0;
  let acked = 0;
  let highest = 0;
  let maxBytes = 0;
  let maxAge = 0;
  const samples: number[] = [];
  const behind: { bytes: number; age: number }[] = [];
  let lastAck: { bytes: number; sent: number } | null = null;
  let drift: number | null = null;
  let next = 0;

  const oldest = (): number => Math.max(0, acked);
  /** Of the oldest byte that is sent and not acknowledged. */
  const age = (at: number): number => {
    if (oldest() >= sent) return 0;
    // A replica that takes an ACK back: when those bytes were sent is forgotten, and the next one's time stands for theirs.
    const byte = Math.max(oldest(), Math.min(highest, sent - 1));
    // Bytes are acknowledged in order, all but never: the search goes on where it was.
    while (next > 0 && sends[next - 1]!.bytes > byte) next--;
    while (sends[next]!.bytes <= byte) next++;
    return Math.max(0, at - sends[next]!.at);
  };

  for (const { kind, at, bytes } of events) {
    if (kind === 'sent') sent = bytes;
    else {
      const before = age(at);
      maxAge = Math.max(maxAge, before);
      if (bytes > acked && oldest() < sent) samples.push(before);
      acked = bytes;
      highest = Math.max(highest, acked);
      behind.push({ bytes: Math.max(0, sent - acked), age: age(at) });
      if (lastAck !== null && lastAck.bytes === bytes && lastAck.sent === sent) drift = bytes - sent;
      lastAck = { bytes, sent };
    }
    maxBytes = Math.max(maxBytes, sent - acked);
  }
  const last = age(until);
  return {
    lastBytes: Math.max(0, sent - acked),
    maxBytes,
    lastMs: last / 1000,
    maxMs: Math.max(maxAge, last) / 1000,
    p50Ms: quantile(samples, 0.5),
    p99Ms: quantile(samples, 0.99),
    behindMaxBytes: behind.length === 0 ? null : Math.max(...behind.map((each) => each.bytes)),
    behindMaxMs: behind.length === 0 ? null : Math.max(...behind.map((each) => each.age)) / 1000,
    drift,
  };
}

/** By nearest rank, µs to ms; null without samples. */
function quantile(samples: readonly number[], q: number): number | null {
  if (samples.length === 0) return null;
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)]! / 1000;
}

import { expect, test } from 'vitest';
import { SimulatedClock } from './simulated-clock.js';
import { SocketWire } from './socket-wire.js';

/** A wire on a simulated clock: `12 in ack 5 8000000` is time, way, kind, acknowledged and window. */
function wire() {
  const clock = new SimulatedClock();
  const peer = { full: false };
  const notes: string[] = [];
  const watcher = {
    passed(way: string, { kind, bytes, acknowledged, window }: Parameters<WatcherPassed>[1]) {
      const what = kind === 'data' ? `data(${bytes.length})` : kind;
      notes.push(
        `${clock.now()} ${way} ${what} ${acknowledged}${window === 8_000_000 ? '' : ` window ${window}`}`,
      );
    },
  };
  const made = new SocketWire(clock, watcher, () => peer.full);
  const wait = (micros: number) => clock.runUntil(clock.now() + micros);
  return { made, peer, wait, clock, taken: () => notes.splice(0) };
}

type WatcherPassed = ConstructorParameters<typeof SocketWire>[1]['passed'];

test('the handshake, as each end sees it; a refusal', () => {
  const connecting = wire();
  connecting.made.opened('out');
  expect(connecting.taken()).toEqual(['0 out syn 0', '0 in syn-ack 0', '0 out ack 0']);
  const accepting = wire();
  accepting.made.opened('in');
  expect(accepting.taken()).toEqual(['0 in syn 0', '0 out syn-ack 0', '0 in ack 0']);
  const refused = wire();
  refused.made.refused();
  expect(refused.taken()).toEqual(['0 out syn 0', '0 in refuse 0']);
});

test('an ACK follows after 40 µs, one for all that came, or data carries it', () => {
  const { made, wait, taken, clock } = wire();
  made.sent(new Uint8Array(5));
  wait(30);
  made.sent(new Uint8Array(2));
  wait(100);
  made.received(new Uint8Array(3));
  wait(10);
  made.sent(new Uint8Array(1));
  wait(100);
  expect(taken()).toEqual([
    '0 out data(5) 0',
    '30 out data(2) 0',
    '40 in ack 7',
    '130 in data(3) 7',
    '140 out data(1) 3',
    '180 in ack 8',
  ]);
  expect(clock.idle).toBe(true);
});

test('a FIN counts one, an RST ends it all', () => {
  const { made, wait, taken } = wire();
  made.sent(new Uint8Array(5));
  made.finished('out');
  wait(50);
  made.finished('in');
  wait(50);
  expect(taken()).toEqual(['0 out data(5) 0', '0 out fin 0', '40 in ack 6', '50 in fin 6', '90 out ack 1']);
  const reset = wire();
  reset.made.received(new Uint8Array(5));
  reset.made.reset('in');
  reset.made.reset('out');
  reset.made.finished('out');
  reset.made.sent(new Uint8Array(5));
  reset.wait(100);
  expect(reset.taken()).toEqual(['0 in data(5) 0', '0 in rst 0']);
  expect(reset.clock.idle).toBe(true);
});

test('the window closes when the peer is full, and opens before anything more is sent', () => {
  const { made, peer, wait, taken } = wire();
  made.sent(new Uint8Array(5));
  wait(50);
  peer.full = true;
  made.stuck();
  made.stuck();
  wait(50);
  made.stuck();
  wait(50);
  peer.full = false;
  made.sent(new Uint8Array(9));
  wait(50);
  expect(taken()).toEqual([
    '0 out data(5) 0',
    '40 in ack 5',
    '90 in ack 5 window 0',
    '150 in ack 5',
    '150 out data(9) 0',
    '190 in ack 14',
  ]);
  // A peer that is not full says nothing.
  made.stuck();
  wait(50);
  expect(taken()).toEqual([]);
});

test('never more under way than the window', () => {
  const { made, taken } = wire();
  made.sent(new Uint8Array(5_000_000));
  made.sent(new Uint8Array(3_000_000));
  made.sent(new Uint8Array(1));
  expect(taken()).toEqual([
    '0 out data(5000000) 0',
    '0 out data(3000000) 0',
    '0 in ack 8000000',
    '0 out data(1) 0',
  ]);
});

import type { FrameView } from './frame-view.js';

/** What a fault can be chosen by. */
export interface PacketFacts {
  /** Number of the packet among those that come to this fault, from 0. */
  readonly index: number;
  /** µs since the epoch. */
  readonly time: number;
  readonly payloadBytes: number;
  /** Who sends to whom: `10.0.0.1:6379>10.0.0.2:40000`. */
  readonly flow: string;
}

/** Which packets a fault hits: each with this probability, or those that are picked. */
export type FaultPicker = number | ((packet: PacketFacts) => boolean);

export type Choice = (view: FrameView, time: number) => boolean;

/** @throws RangeError for what is not a probability. */
export function chooser(picker: FaultPicker, random: () => number): Choice {
  if (typeof picker === 'number') {
    if (!(picker >= 0 && picker <= 1)) throw new RangeError(`not a probability: ${picker}`);
    return () => random() < picker;
  }
  let count = 0;
  return (view, time) => {
    const index = count;
    count++;
    return picker({ index, time, payloadBytes: view.payloadBytes, flow: view.flow });
  };
}

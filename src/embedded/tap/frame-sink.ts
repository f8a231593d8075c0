/** Takes what a tap writes, frame by frame. */
export interface FrameSink {
  /**
   * @param time µs since the epoch; never before that of the frame before.
   * @param bytes an Ethernet frame as captured. It may be kept: nobody changes it any more.
   * @param originalLength bytes it had on the wire; more than bytes.length when it was cut.
   */
  frame(time: number, bytes: Uint8Array, originalLength: number): void;
}

/** One sink that hands each frame to all of these. */
export function tee(...sinks: readonly FrameSink[]): FrameSink {
  return {
    frame(time, bytes, originalLength) {
      for (const sink of sinks) sink.frame(time, bytes, originalLength);
    },
  };
}

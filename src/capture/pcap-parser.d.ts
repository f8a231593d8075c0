/** The part of the npm package `pcap-parser` 0.2.1 that is used here; the package brings no types. */
declare module 'pcap-parser' {
  export interface PacketHeader {
    timestampSeconds: number;
    timestampMicroseconds: number;
    capturedLength: number;
    originalLength: number;
  }

  export interface Parser {
    on(event: 'globalHeader', listener: (header: { linkLayerType: number }) => void): this;
    on(event: 'packetHeader', listener: (header: PacketHeader) => void): this;
    on(event: 'packet', listener: (packet: { header: PacketHeader; data: Buffer }) => void): this;
    on(event: 'error', listener: (error: Error) => void): this;
  }

  /** What the parser asks of its input: it listens to `data`, `error` and `end`, pauses it at once and resumes it later. */
  export interface Input extends NodeJS.EventEmitter {
    pause(): void;
    resume(): void;
  }

  const pcapParser: { parse(input: Input): Parser };
  export default pcapParser;
}

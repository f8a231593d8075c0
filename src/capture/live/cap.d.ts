/** The part of the npm package `cap` 0.2.1 that is used here; the package brings no types. */
declare module 'cap' {
  export interface Cap {
    /**
     * Starts to capture into `buffer`, which the addon does not keep alive.
     * @returns the name of the link type.
     * @throws Error with libpcap's message.
     */
    open(device: string, filter: string, bufferSize: number, buffer: Buffer): string;
    on(event: 'packet', listener: (bytes: number, truncated: boolean) => void): this;
  }

  const addon: { Cap: new () => Cap };
  export default addon;
}

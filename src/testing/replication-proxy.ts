import { connect, createServer, type Server, type Socket } from 'node:net';

/** What is done to the bytes that a master sends: as they are, or other ones in their place. */
export type Tampering = (bytes: Buffer) => Buffer;

/** Stands between a replica and its master, and may change what the master says: what a proxy with a defect does. */
export class ReplicationProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Applied to each piece of what the master sends. */
  tamper: Tampering = (bytes) => bytes;

  private constructor(masterPort: number) {
    this.#server = createServer((replica) => {
      const master = connect(masterPort, '127.0.0.1');
      for (const socket of [replica, master]) {
        this.#sockets.add(socket);
        socket.setNoDelay(true);
        socket.on('error', () => {});
      }
      replica.on('data', (bytes) => master.write(bytes)).on('close', () => master.destroy());
      master.on('data', (bytes) => replica.write(this.tamper(bytes))).on('close', () => replica.destroy());
    });
  }

  static start(port: number, masterPort: number): Promise<ReplicationProxy> {
    const proxy = new ReplicationProxy(masterPort);
    return new Promise((resolve, reject) => {
      proxy.#server.on('error', reject);
      proxy.#server.listen(port, '127.0.0.1', () => resolve(proxy));
    });
  }

  stop(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }
}

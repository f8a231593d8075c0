import { once } from 'node:events';
import { createServer } from 'node:net';

/** A TCP port that nobody listens on at the moment. */
export async function freePort(): Promise<number> {
  const socket = createServer().listen(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address() as { port: number };
  socket.close();
  await once(socket, 'close');
  return port;
}

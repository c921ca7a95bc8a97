import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Clients open connections ahead of need, and node waits for the first request of each when it closes a server, for a
 * minute. Follows them from the start.
 * @returns the function that ends those that have never said anything.
 */
export function followUnusedConnections(server: Server): () => void {
  const connections = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
  });
  return () => {
    for (const socket of connections) if (socket.bytesRead === 0) socket.destroy();
  };
}

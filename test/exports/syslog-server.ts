import { createServer, type AddressInfo, type Socket } from 'node:net';

/** Takes what comes, and ends when the other side has, unless told otherwise. */
export async function startSyslog(each: (socket: Socket) => void = () => {}) {
  let text = '';
  const server = createServer((socket) => {
    socket.on('data', (chunk) => (text += chunk.toString('utf8')));
    socket.on('error', () => {});
    each(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    /** The messages, by their counts of octets. */
    messages: () => {
      const found: string[] = [];
      let rest = Buffer.from(text, 'utf8');
      while (rest.length > 0) {
        const space = rest.indexOf(' ');
        const length = Number(rest.subarray(0, space).toString());
        found.push(rest.subarray(space + 1, space + 1 + length).toString('utf8'));
        rest = rest.subarray(space + 1 + length);
      }
      return found;
    },
    stop: () => new Promise<void>((resolve) => void server.close(() => resolve())),
  };
}

// The physical limit: ws, one prepared frame written to every socket as it is. It speaks just enough of the protocol
// for the clients.
import { createServer } from 'node:http';
import { once } from 'node:events';
import { json } from 'node:stream/consumers';
import { Sender, WebSocketServer } from 'ws';
import { serveCommands } from '../../measure/processes.mjs';
import { changeOf, openMessages } from './inbox.mjs';

const messages = await openMessages(process.env.DATABASE_URL);
const subscribers = new Set();

const http = createServer(async (request, response) => {
  const { conversationId, text } = (await json(request)).variables;
  const message = await messages.add(conversationId, text);
  const data = changeOf(conversationId, message);
  const frame = JSON.stringify({ id: '1', type: 'next', payload: { data } });
  const prepared = Buffer.concat(
    Sender.frame(Buffer.from(frame), { fin: true, rsv1: false, opcode: 1, mask: false, readOnly: false }),
  );
  for (const socket of subscribers) socket.write(prepared);
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ data: { addMessage: { id: message.id } } }));
});
const sockets = new WebSocketServer({ server: http, path: '/graphql', handleProtocols: () => 'graphql-transport-ws' });
sockets.on('connection', (socket) => {
  const tcp = socket._socket;
  socket.on('message', (message) => {
    const { type } = JSON.parse(String(message));
    if (type === 'connection_init') socket.send(JSON.stringify({ type: 'connection_ack' }));
    if (type === 'subscribe') subscribers.add(tcp);
  });
  socket.on('close', () => subscribers.delete(tcp));
});
http.listen(0, '127.0.0.1', 4096);
await once(http, 'listening');
serveCommands({}, { url: `http://127.0.0.1:${http.address().port}` });

// Preloaded into any server (--import): says on standard output when the server ends a WebSocket by itself, and with
// what, and when it is sent SIGUSR2 collects garbage (with --expose-gc) and says what is left. Costs nothing while
// neither happens.
//   execArgv: observed,  onLine: (line) => closingOf(line)
import { createRequire } from 'node:module';
import { now } from './clock.mjs';

// That of the server which is being started, by its main file: benchmarks have a copy of their own.
const { WebSocket } = createRequire(process.argv[1])('ws');
const CUT_OFF = 1006;

function say(socket, code) {
  const port = socket._socket?.remotePort;
  if (port) process.stdout.write(`closing ${JSON.stringify({ port, code, at: now() })}\n`);
}

const { close, terminate } = WebSocket.prototype;
WebSocket.prototype.close = function (code, ...rest) {
  // Not where it only answers the other side’s close.
  if (this.readyState === WebSocket.OPEN && !this._closeFrameReceived) say(this, code);
  return close.call(this, code, ...rest);
};
WebSocket.prototype.terminate = function () {
  if (this.readyState !== WebSocket.CLOSED) say(this, CUT_OFF);
  return terminate.call(this);
};

process.on('SIGUSR2', () => {
  globalThis.gc?.();
  const { heapUsed, heapTotal, external } = process.memoryUsage();
  const said = {
    liveKb: (heapUsed + external) / 1024,
    heapKb: heapUsed / 1024,
    reservedKb: heapTotal / 1024,
    externalKb: external / 1024,
    /** Sockets, timers, requests: whatever the event loop would wait for. */
    handles: process.getActiveResourcesInfo().length,
    at: now(),
  };
  process.stdout.write(`memory ${JSON.stringify(said)}\n`);
});

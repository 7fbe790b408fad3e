import { once } from 'node:events';
import http, { type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { within } from './deadline.ts';

/** Sends a request on a connection of its own; the caller ends it. */
export function send(server: Server, options: http.RequestOptions = {}): http.ClientRequest {
  const { port } = server.address() as AddressInfo;
  const req = http.request({ host: '127.0.0.1', port, agent: false, ...options });
  // The response, or the lack of it, tells what went wrong.
  req.on('error', () => {});
  return req;
}

/** Sends a request with the body, and waits for the head of its answer. */
export async function fetchHead(
  server: Server,
  options: http.RequestOptions = {},
  body?: string | Uint8Array,
): Promise<IncomingMessage> {
  const req = send(server, options).end(body);
  const [res] = await within('the response head', once(req, 'response'));
  return res;
}

/** Listens on a loopback port while `use` runs, then closes the server. */
export async function listening<S extends Server, Result>(
  server: S,
  use: (server: S) => Promise<Result>,
): Promise<Result> {
  server.listen(0, '127.0.0.1');
  await within('listening', once(server, 'listening'));
  try {
    return await use(server);
  } finally {
    server.closeAllConnections();
    await within('close', new Promise((done) => server.close(done)));
  }
}

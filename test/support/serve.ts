import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type Listener, type Server, type ServerOptions } from '../../src/index.ts';
import { within } from './deadline.ts';
import { WebServer } from './web-server.ts';

/** A server that listens on a loopback port of its own, and errors that it reported. */
export interface Served {
  readonly server: Server;
  readonly errors: (Error & { code?: string; requestId?: number })[];
  connect(): Promise<WebServer>;
}

/**
 * Serves a listener while `use` runs, then closes everything.
 *
 * @param transport `tcp` on 127.0.0.1, or `unix` in a folder of its own
 */
export async function serving<Result>(
  listener: Listener,
  use: (served: Served) => Promise<Result>,
  { transport = 'tcp', ...options }: ServerOptions & { transport?: 'tcp' | 'unix' } = {},
): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'fcgi-test-'));
  const server = createServer(options, listener);
  const errors: Served['errors'] = [];
  const peers: WebServer[] = [];
  server.on('clientError', (error) => errors.push(error));
  if (transport === 'tcp') server.listen(0, '127.0.0.1');
  else server.listen(join(folder, 'app.sock'));
  try {
    await within('listening', once(server, 'listening'));
    const connect = async () => {
      const peer = await WebServer.connect(server);
      peers.push(peer);
      return peer;
    };
    return await use({ server, errors, connect });
  } finally {
    for (const peer of peers) peer.close();
    server.closeAllConnections();
    if (server.listening) await within('close', new Promise((done) => server.close(done)));
    rmSync(folder, { recursive: true, force: true });
  }
}
